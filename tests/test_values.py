"""The fast `dataclass` is the standard library's for everything that its users can see."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import field

import pytest

from helpdesk_cli import values


def _make(decorator: object) -> type:
    class Point:
        """A point."""

        x: int
        y: str = "why"
        z: tuple[int, ...] = field(default_factory=tuple)
        hidden: int = field(default=3, compare=False, repr=False)

        @property
        def double(self) -> int:
            return self.x * 2

    Point.__qualname__ = "Point"
    return decorator(frozen=True, slots=True)(Point)  # type: ignore[operator]


OURS, THEIRS = _make(values.dataclass), _make(dataclasses.dataclass)


@values.dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: str = ""


@pytest.mark.parametrize("call", [(1,), (1, "b"), (1, "b", (2,)), (1, "b", (2,), 9)])
def test_it_shows_compares_and_hashes_as_the_standard_one(call: tuple[object, ...]) -> None:
    ours, theirs = OURS(*call), THEIRS(*call)
    assert repr(ours) == repr(theirs)
    assert hash(ours) == hash(theirs)
    assert ours == OURS(*call)
    assert ours != OURS(2)
    assert ours != theirs
    assert OURS(1, hidden=7) == OURS(1, hidden=8)


def test_it_is_frozen_and_has_no_dict() -> None:
    pair = Pair(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pair.left = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del pair.left
    assert not hasattr(pair, "__dict__")
    assert Pair.__slots__ == ("left", "right")


def test_the_standard_library_s_functions_know_it() -> None:
    assert dataclasses.is_dataclass(Pair)
    assert [each.name for each in dataclasses.fields(Pair)] == ["left", "right"]
    assert dataclasses.replace(Pair(1), right="b") == Pair(1, "b")
    assert dataclasses.asdict(Pair(1)) == {"left": 1, "right": ""}
    assert OURS.__match_args__ == THEIRS.__match_args__
    assert OURS(4).double == 8


def test_it_pickles() -> None:
    assert pickle.loads(pickle.dumps(Pair(1, "b"), pickle.HIGHEST_PROTOCOL)) == Pair(1, "b")


def test_missing_and_unknown_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        OURS()
    with pytest.raises(TypeError, match="unexpected keyword"):
        OURS(1, w=2)


def test_post_init_runs() -> None:
    class Checked:
        x: int

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("negative")

    checked = values.dataclass(frozen=True, slots=True)(Checked)
    assert checked(1).x == 1
    with pytest.raises(ValueError, match="negative"):
        checked(-1)


def test_each_call_gets_its_own_default() -> None:
    class Bag:
        items: list[int] = field(default_factory=list)

    bag = values.dataclass(frozen=True, slots=True)(Bag)
    assert bag().items is not bag().items
