"""`dataclass` for values, made so that a program of sixty of them starts fast.

The standard library compiles six functions for every `@dataclass(frozen=True, slots=True)`: 0.7 ms each
on CPython 3.11, 45 ms for the door of mail servers, more than parsing, writing and committing a mail.
This one compiles `__init__` only and shares the rest. It is the same decorator to type checkers, and
`replace`, `fields` and `is_dataclass` of the standard library work on its classes. What it does not
cover (anything but `frozen=True, slots=True` with plain defaults and default factories) it hands on.
"""

from __future__ import annotations

import dataclasses
from dataclasses import field, replace
from typing import TYPE_CHECKING

__all__ = ["dataclass", "field", "replace"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):
        """As `dataclasses.dataclass`."""
        if cls is None and options == {"frozen": True, "slots": True}:
            return _make
        return dataclasses.dataclass(cls, **options)

    def _make(cls):
        own = cls.__dict__
        annotations = own.get("__annotations__", {})
        if len(cls.__mro__) > 2 and any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:]):  # noqa: PLR2004 - itself and object
            return dataclasses.dataclass(frozen=True, slots=True)(cls)
        fields = {}
        for name, kind in annotations.items():
            if "ClassVar" in str(kind):
                continue
            default = own.get(name, dataclasses.MISSING)
            # A plain Field as the standard library makes it, so that its own functions know the class.
            made = default if isinstance(default, dataclasses.Field) else dataclasses.field(default=default)
            made.name, made.type, made._field_type = name, kind, dataclasses._FIELD  # noqa: SLF001
            if made.kw_only is dataclasses.MISSING:
                made.kw_only = False
            if not made.init or made.kw_only:
                return dataclasses.dataclass(frozen=True, slots=True)(cls)
            fields[name] = made
        body = {
            key: value
            for key, value in own.items()
            if key not in fields and key not in {"__dict__", "__weakref__"}
        }
        body["__slots__"] = tuple(fields)
        new = type(cls)(cls.__name__, cls.__bases__, body)
        new.__qualname__ = cls.__qualname__
        new.__init__ = _compile_init(fields, new)
        new.__dataclass_fields__ = fields
        new.__dataclass_params__ = _PARAMS
        new.__match_args__ = tuple(fields)
        compared = tuple(name for name, made in fields.items() if made.compare)
        for name, function in _shared(compared).items():
            if name not in own:
                setattr(new, name, function)
        if "__eq__" in own and "__hash__" not in own:
            new.__hash__ = None
        return new

    _PARAMS = dataclasses.dataclass(frozen=True)(type("_Params", (), {})).__dataclass_params__

    def _compile_init(fields, owner):
        names = {"_set": object.__setattr__, "_new": dataclasses.MISSING}
        parameters, lines = [], []
        for name, made in fields.items():
            value = name
            if made.default is not dataclasses.MISSING:
                names[f"_default_{name}"] = made.default
                parameters.append(f"{name}=_default_{name}")
            elif made.default_factory is not dataclasses.MISSING:
                names[f"_factory_{name}"] = made.default_factory
                parameters.append(f"{name}=_new")
                value = f"_factory_{name}() if {name} is _new else {name}"
            else:
                parameters.append(name)
            lines.append(f" _set(self, {name!r}, {value})\n")
        if hasattr(owner, "__post_init__"):
            lines.append(" self.__post_init__()\n")
        source = f"def __init__(self, {', '.join(parameters)}):\n{''.join(lines) or ' pass'}"
        made = {}
        exec(source, names, made)  # noqa: S102 - of the class's own field names, as dataclasses does
        function = made["__init__"]
        function.__qualname__ = f"{owner.__qualname__}.__init__"
        return function

    def _shared(compared):
        def values(self):
            return tuple([getattr(self, name) for name in compared])

        def __eq__(self, other):  # noqa: N807 - becomes the method
            if other.__class__ is not self.__class__:
                return NotImplemented
            return values(self) == values(other)

        def __hash__(self):  # noqa: N807 - becomes the method
            return hash(values(self))

        return {
            "__eq__": __eq__,
            "__hash__": __hash__,
            "__repr__": _repr,
            "__setattr__": _refuse,
            "__delattr__": _refuse,
            "__getstate__": _get_state,
            "__setstate__": _set_state,
        }

    def _repr(self):
        shown = [
            f"{name}={getattr(self, name)!r}" for name, made in self.__dataclass_fields__.items() if made.repr
        ]
        return f"{self.__class__.__qualname__}({', '.join(shown)})"

    def _refuse(self, name, *_):
        raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")

    def _get_state(self):
        return [getattr(self, name) for name in self.__slots__]

    def _set_state(self, state):
        for name, value in zip(self.__slots__, state, strict=True):
            object.__setattr__(self, name, value)
