"""`dataclass` for values, made so that a program of sixty of them starts fast.

The standard decorator writes and compiles seven functions a class while its module is imported: 0.5 to
0.7 ms each, 45 of the 150 ms that a mail waited for the desk before anything happened, and importing
`dataclasses` itself loads `inspect`, `ast` and `tokenize`. Here a class costs 0.03 ms, and a method is
written when it is first called. Type checkers are shown the standard library's names, whose meaning
this keeps: `frozen`, `slots`, `eq`; `field(default, default_factory, init, repr, compare)`; `__post_init__`,
inheritance, ClassVar, pickling; the standard `replace` and `is_dataclass` take these values too. What
is not kept is refused at import: InitVar, KW_ONLY, a mutable default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, fields, is_dataclass, replace
else:
    import importlib

    _MISSING = object()
    # The standard name, so that the standard `replace` and `is_dataclass` know these values.
    _FIELDS = "__dataclass_fields__"

    class _Field:
        """One field: its name, its default or the function that makes it, which methods know of it."""

        __slots__ = ("compare", "default", "default_factory", "init", "name", "repr")
        _field_type = None  # what the standard `replace` asks each field

        def __init__(self, default, default_factory=_MISSING, init=True, repr=True, compare=True):
            self.name = ""
            self.default = default
            self.default_factory = default_factory
            self.init = init
            self.repr = repr
            self.compare = compare

    def field(*, default=_MISSING, default_factory=_MISSING, init=True, repr=True, compare=True):
        """As dataclasses.field."""
        return _Field(default, default_factory, init, repr, compare)

    def fields(thing):
        """As dataclasses.fields: of a class or an instance, in order."""
        return tuple(getattr(thing, _FIELDS).values())

    def is_dataclass(thing):
        """As dataclasses.is_dataclass."""
        return hasattr(thing, _FIELDS)

    def replace(thing, /, **changes):
        """As dataclasses.replace."""
        for each in getattr(thing, _FIELDS).values():
            if each.init:
                changes.setdefault(each.name, getattr(thing, each.name))
            elif each.name in changes:
                raise ValueError(f"{each.name} is not taken by __init__")
        return type(thing)(**changes)

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True):
        """As dataclasses.dataclass."""
        if cls is None:
            return lambda given: dataclass(given, frozen=frozen, slots=slots, eq=eq)
        inherited = {}
        for base in cls.__mro__[:0:-1]:
            inherited |= getattr(base, _FIELDS, {})
        own = _own_fields(cls)
        every = inherited | own
        _check_order(cls, every)
        body = dict(vars(cls))
        body[_FIELDS] = every
        body["__match_args__"] = tuple(each.name for each in every.values() if each.init)
        body.setdefault("__init__", _later("__init__"))
        body.setdefault("__repr__", _later("__repr__"))
        if eq and "__eq__" not in body:
            body["__eq__"] = _later("__eq__")
            # As the standard one: equal by value and changeable cannot be hashed.
            body.setdefault("__hash__", _later("__hash__") if frozen else None)
        if frozen:
            body["__setattr__"] = _refuse
            body["__delattr__"] = _refuse
        for name, each in own.items():
            if slots or each.default is _MISSING:
                body.pop(name, None)
            else:
                body[name] = each.default
        if slots:
            body["__slots__"] = tuple(name for name in own if name not in inherited)
            body.pop("__dict__", None)
            body.pop("__weakref__", None)
            body["__getstate__"] = _get_state
            body["__setstate__"] = _set_state
        made = type(cls)(cls.__name__, cls.__bases__, body)
        made.__qualname__ = cls.__qualname__
        return made

    def _own_fields(cls):
        own = {}
        for name, kind in vars(cls).get("__annotations__", {}).items():
            words = kind if isinstance(kind, str) else repr(kind)
            if "ClassVar" in words:
                continue
            if "InitVar" in words or "KW_ONLY" in words:
                raise TypeError(f"{cls.__name__}.{name}: InitVar and KW_ONLY are not supported")
            given = vars(cls).get(name, _MISSING)
            each = given if isinstance(given, _Field) else _Field(given)
            if each.default.__class__.__hash__ is None:
                raise ValueError(f"{cls.__name__}.{name}: a mutable default; use default_factory")
            each.name = name
            own[name] = each
        return own

    def _check_order(cls, every):
        optional = ""
        for each in every.values():
            if not each.init:
                continue
            if each.default is not _MISSING or each.default_factory is not _MISSING:
                optional = each.name
            elif optional:
                raise TypeError(
                    f"{cls.__name__}.{each.name} has no default but follows {optional}, which has"
                )

    def _later(name):
        """A method that writes itself into its class when it is first called."""

        def first(self, *args, **kwargs):
            # The class that has this placeholder: `self` may be of one derived from it.
            for owner in type(self).__mro__:
                if vars(owner).get(name) is first:
                    _write(owner, name)
                    break
            return vars(owner)[name](self, *args, **kwargs)

        return first

    def _write(owner, name):
        every = getattr(owner, _FIELDS).values()
        scope = {"owner": owner}
        exec(_SOURCES[name](owner, every, scope), scope)  # noqa: S102 - field names of our own classes
        made = scope[name]
        made.__qualname__ = f"{owner.__qualname__}.{name}"
        setattr(owner, name, made)

    def _init_source(owner, every, scope):
        # Names with two underscores: a field may be called `missing` or `set_name`.
        parameters, lines = [], []
        for each in every:
            name = each.name
            value = name
            if each.default_factory is not _MISSING:
                scope[f"__make_{name}"] = each.default_factory
                scope["__missing"] = _MISSING
                value = f"__make_{name}()" + (f" if {name} is __missing else {name}" if each.init else "")
                parameters += [f"{name}=__missing"] if each.init else []
            elif each.default is not _MISSING:
                scope[f"__default_{name}"] = each.default
                value = name if each.init else f"__default_{name}"
                parameters += [f"{name}=__default_{name}"] if each.init else []
            elif each.init:
                parameters.append(name)
            else:
                continue
            scope[f"__set_{name}"] = _setter(owner, name)
            lines.append(f"    __set_{name}(self, {value})")
        if hasattr(owner, "__post_init__"):
            lines.append("    self.__post_init__()")
        return f"def __init__(self, {', '.join(parameters)}):\n" + ("\n".join(lines) or "    pass")

    def _setter(owner, name):
        """What sets a field of a frozen value: the slot's own setter, twice as fast as object's."""
        slot = getattr(owner, name, None)
        if type(slot).__name__ == "member_descriptor":
            return slot.__set__
        return lambda self, value: object.__setattr__(self, name, value)

    def _values(every, of):
        return "(" + "".join(f"{of}.{each.name}, " for each in every if each.compare) + ")"

    def _eq_source(_owner, every, _scope):
        return (
            "def __eq__(self, other):\n"
            "    if other.__class__ is not self.__class__:\n"
            "        return NotImplemented\n"
            f"    return {_values(every, 'self')} == {_values(every, 'other')}"
        )

    def _hash_source(_owner, every, _scope):
        return f"def __hash__(self):\n    return hash({_values(every, 'self')})"

    def _repr_source(_owner, every, _scope):
        inner = ", ".join(f"{each.name}={{self.{each.name}!r}}" for each in every if each.repr)
        return f'def __repr__(self):\n    return f"{{self.__class__.__qualname__}}({inner})"'

    _SOURCES = {
        "__init__": _init_source,
        "__eq__": _eq_source,
        "__hash__": _hash_source,
        "__repr__": _repr_source,
    }

    def _refuse(self, name, value=None):
        """Assignment and deletion on a frozen value."""
        error = importlib.import_module("dataclasses").FrozenInstanceError
        raise error(f"cannot change {name!r}")

    def _get_state(self):
        return [getattr(self, name) for name in getattr(self, _FIELDS)]

    def _set_state(self, state):
        for name, value in zip(getattr(self, _FIELDS), state, strict=True):
            object.__setattr__(self, name, value)


__all__ = ["dataclass", "field", "fields", "is_dataclass", "replace"]
