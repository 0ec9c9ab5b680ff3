"""Whose ticket it becomes: one of those who are here and have room, and for each of the others why not.

There is no pointer that says whose turn it is. Whoever has gone longest without being given a ticket is
next, and that stands in the tickets: the same files give the same answer in every clone. Of two agents whom
the same tickets suit, neither is given two while the other is given none, whatever the others do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from helpdesk_cli.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

How = Literal["round-robin", "least-loaded", "by-skill"]
WAYS: tuple[How, ...] = ("round-robin", "least-loaded", "by-skill")
BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True)
class Member:
    """An agent who may be chosen.

    `capacity` 0 is no limit. `load`: how many active tickets are theirs. `last`: when they were last given
    one, in milliseconds since 1970, 0 = never. `absent`: why they are not here, "" = they are.
    """

    key: str
    skills: frozenset[str] = frozenset()
    capacity: int = 0
    load: int = 0
    last: int = 0
    absent: str = ""

    @property
    def is_full(self) -> bool:
        """Whether they have as many tickets as they can have."""
        return 0 < self.capacity <= self.load


@dataclass(frozen=True, slots=True)
class Standing:
    """A member in the eyes of one choice: `has` are those of the skills asked for, `why` the reason not."""

    member: Member
    has: tuple[str, ...] = ()
    why: str = ""
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Who it is, "" for nobody; why, in words; and how everybody stood, as they stand in desk.yaml."""

    agent: str
    why: str
    standings: tuple[Standing, ...] = ()


def decide(
    members: Sequence[Member],
    how: How,
    *,
    asked: frozenset[str] = frozenset(),
    passed: Mapping[str, str] | None = None,
) -> Decision:
    """Whom the way of assignment names. `members` are in the order in which a tie is settled.

    `asked`: the skills that the ticket asks for, which only `by-skill` looks at. `passed`: who is passed
    over, and why.
    """
    by_skill = how == "by-skill"
    standings = [_standing(each, asked if by_skill else frozenset(), passed or {}) for each in members]
    able = [each for each in standings if not each.why]
    if by_skill and asked:
        most = max((len(each.has) for each in able), default=0)
        if most:
            standings = [_without_skill(each, most, asked) for each in standings]
        elif able and any(asked & each.skills for each in members):
            # Somebody else has it: the ticket waits for them.
            standings = [_without_skill(each, 1, asked) for each in standings]
        able = [each for each in standings if not each.why]
    if not able:
        return Decision("", _nobody(standings), tuple(standings))
    fullest = max((each.capacity for each in members), default=0) or 1
    best = min(able, key=_key(how, fullest, standings))
    behind = _behind(how)
    told = tuple(
        replace(each, is_chosen=each is best, why=each.why or ("" if each is best else behind))
        for each in standings
    )
    return Decision(best.member.key, _reason(how, best, alone=len(able) == 1), told)


def asked_skills(words: Sequence[str], known: frozenset[str]) -> frozenset[str]:
    """The skills that a ticket asks for: its words (tags, category, type, product) that are skills."""
    return frozenset(word.casefold() for word in words if word) & known


def _standing(member: Member, asked: frozenset[str], passed: Mapping[str, str]) -> Standing:
    why = member.absent or passed.get(member.key, "")
    if not why and member.is_full:
        why = f"has no room ({member.load} of {member.capacity})"
    return Standing(member, tuple(sorted(asked & member.skills)), why)


def _without_skill(standing: Standing, most: int, asked: frozenset[str]) -> Standing:
    if standing.why or len(standing.has) >= most:
        return standing
    lacks = ", ".join(sorted(asked - set(standing.has)))
    return replace(standing, why=f"lacks {lacks}")


def _key(
    how: How, fullest: int, standings: Sequence[Standing]
) -> Callable[[Standing], tuple[float, int, int]]:
    order = {each.member.key: place for place, each in enumerate(standings)}

    def key(standing: Standing) -> tuple[float, int, int]:
        member = standing.member
        # A part of the room one has: 4 of 5 is more than 10 of 20. Whoever has no limit has the largest room.
        share = 0.0 if how == "round-robin" else member.load / (member.capacity or fullest)
        return share, member.last, order[member.key]

    return key


def _behind(how: How) -> str:
    return "had a ticket later" if how == "round-robin" else "has more to do, or had a ticket later"


def _reason(how: How, best: Standing, *, alone: bool) -> str:
    if alone:
        why = "nobody else can take it"
    elif how == "round-robin":
        why = "has gone longest without a new ticket" if best.member.last else "never had a ticket"
    else:
        why = "has the least to do"
    return f"{why}, has {', '.join(best.has)}" if best.has else why


def _nobody(standings: Sequence[Standing]) -> str:
    if not standings:
        return "nobody belongs to it"
    return "; ".join(f"{each.member.key} {_told(each.why)}" for each in standings)


def _told(why: str) -> str:
    """The reason behind a name: `is away until …`, `has 20 of 20`."""
    return why if why.startswith(("has ", "had ", "lacks ", "gave ", "keeps ")) else f"is {why}"
