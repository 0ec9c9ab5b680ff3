"""The light `dataclass` beside the standard library's: whatever one does, the other does."""

from __future__ import annotations

import dataclasses
import pickle
import sys
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from helpdesk_cli import values

T = TypeVar("T")
_MAKERS = {"ours": values, "standard": dataclasses}


@pytest.fixture(params=_MAKERS)
def maker(request: pytest.FixtureRequest) -> Any:
    """The module under test, then the one it must equal."""
    return _MAKERS[request.param]


def test_fields_defaults_and_factories(maker: Any) -> None:
    """Positional, by keyword, by default, by factory: a new list each time."""

    @maker.dataclass(frozen=True, slots=True)
    class Point:
        """A point."""

        x: int
        y: int = 2
        tags: list[str] = maker.field(default_factory=list)
        where: ClassVar[str] = "plane"

    a, b = Point(1), Point(1)
    assert (a.x, a.y, a.tags, Point.where) == (1, 2, [], "plane")
    assert a.tags is not b.tags
    assert Point(y=3, x=1, tags=["t"]) == Point(1, 3, ["t"])
    assert repr(a).endswith("Point(x=1, y=2, tags=[])")
    assert Point.__match_args__ == ("x", "y", "tags")
    assert not hasattr(a, "__dict__")
    for wrong in (lambda: Point(), lambda: Point(1, 2, [], 4), lambda: Point(1, z=2)):
        with pytest.raises(TypeError):
            wrong()


def test_equality_and_hash(maker: Any) -> None:
    """By value within a class; hashable when frozen."""

    @maker.dataclass(frozen=True, slots=True)
    class A:
        """One."""

        x: int = 1

    @maker.dataclass(frozen=True, slots=True)
    class B:
        """Another."""

        x: int = 1

    @maker.dataclass(slots=True)
    class C:
        """Changeable."""

        x: int = 1

    @maker.dataclass(slots=True, eq=False)
    class D:
        """By identity."""

        x: int = 1

    assert A() == A()
    assert A() != A(2)
    assert A() != B()
    assert len({A(), A(), A(2)}) == 2
    assert C() == C()
    with pytest.raises(TypeError):
        hash(C())
    assert D() != D()
    assert len({D(), D()}) == 2


def test_fields_left_out_of_comparison_and_of_repr(maker: Any) -> None:
    """As `field(compare=False, repr=False)` says."""

    @maker.dataclass(frozen=True, slots=True)
    class A:
        """With a remark."""

        x: int
        remark: str = maker.field(default="", repr=False, compare=False)

    assert A(1, "a") == A(1, "b")
    assert hash(A(1, "a")) == hash(A(1, "b"))
    assert repr(A(1, "a")).endswith("A(x=1)")


def test_frozen_is_frozen_and_others_are_not(maker: Any) -> None:
    """The error is the standard library's."""

    @maker.dataclass(frozen=True, slots=True)
    class A:
        """Frozen."""

        x: int

    @maker.dataclass(slots=True)
    class C:
        """Not."""

        x: int

    a = A(1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        a.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del a.x
    c = C(1)
    c.x = 5
    assert c == C(5)
    with pytest.raises(AttributeError):
        c.y = 1


def test_replace_fields_and_what_init_does_not_take(maker: Any) -> None:
    """`replace` gives a changed copy and refuses what __init__ does not take."""

    @maker.dataclass(slots=True)
    class Worker(Generic[T]):
        """Has a field of its own making."""

        job: T
        pid: int = maker.field(default=7, init=False)
        seen: list[int] = maker.field(default_factory=list, init=False)

    worker = Worker("a")
    assert (worker.job, worker.pid, worker.seen) == ("a", 7, [])
    assert maker.replace(worker, job="b").job == "b"
    assert [each.name for each in maker.fields(Worker)] == ["job", "pid", "seen"]
    assert maker.is_dataclass(worker)
    assert maker.is_dataclass(Worker)
    assert not maker.is_dataclass("x")
    with pytest.raises(ValueError, match="pid"):
        maker.replace(worker, pid=1)
    with pytest.raises(TypeError):
        Worker("a", pid=1)


def test_inheritance_and_post_init(maker: Any) -> None:
    """Fields of the base come first; a plain subclass inherits; the base used first or last."""

    @maker.dataclass(frozen=True, slots=True)
    class Base:
        """A base."""

        a: int
        b: int = 2

        def __post_init__(self) -> None:
            """Checked."""
            if self.a < 0:
                raise ValueError("negative")

    @maker.dataclass(frozen=True, slots=True)
    class Child(Base):
        """With one more, and another default."""

        c: int = 3
        b: int = 9

    class Plain(Child):
        """Not decorated."""

    assert Plain(1) == Plain(1, 9, 3)
    assert (Child(1).a, Child(1).b, Child(1).c) == (1, 9, 3)
    assert Base(1) != Child(1)
    assert (Base(4).a, Base(4).b) == (4, 2)
    assert repr(Child(1)).endswith("Child(a=1, b=9, c=3)")
    with pytest.raises(ValueError, match="negative"):
        Child(-1)


@values.dataclass(frozen=True, slots=True)
class Pickled:
    """Found by its name."""

    x: int
    y: tuple[int, ...] = ()


def test_pickling() -> None:
    """There and back, as results come out of the sandbox."""
    assert pickle.loads(pickle.dumps(Pickled(1, (2,)), pickle.HIGHEST_PROTOCOL)) == Pickled(1, (2,))


def test_what_is_not_kept_is_refused_at_import(maker: Any) -> None:
    """A mutable default, and a field without default after one with."""
    with pytest.raises(ValueError, match="mutable default"):

        @maker.dataclass
        class Mutable:
            """Wrong."""

            x: list[int] = []  # noqa: RUF012 - the point of the test

    with pytest.raises(TypeError):

        @maker.dataclass
        class Order:
            """Wrong."""

            x: int = 1
            y: int


def test_it_does_not_import_the_standard_one() -> None:
    """The point of it: neither `dataclasses` nor `inspect` is loaded."""
    code = (
        "import helpdesk_cli.values, sys; sys.exit('dataclasses' in sys.modules or 'inspect' in sys.modules)"
    )
    subprocess = __import__("subprocess")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_standard_replace_takes_our_values() -> None:
    """Tests and users of the API may use the standard library's functions."""

    @values.dataclass(frozen=True, slots=True)
    class Pair:
        """Two."""

        left: int
        right: str = ""

    assert dataclasses.is_dataclass(Pair)
    assert dataclasses.replace(Pair(1), right="b") == Pair(1, "b")


def test_a_field_may_have_any_name() -> None:
    """Also one that the written methods would like to use."""

    @values.dataclass(slots=True)
    class Odd:
        found: list[str] = values.field(default_factory=list)
        missing: int = 3
        set_found: int = 4
        make_found: int = 5
        default_missing: int = 6

    odd = Odd()
    assert (odd.found, odd.missing, odd.set_found, odd.make_found, odd.default_missing) == ([], 3, 4, 5, 6)
