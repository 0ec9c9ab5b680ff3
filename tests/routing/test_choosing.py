"""Whose ticket it becomes: facts about one choice, and laws over ten thousand of them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from helpdesk_cli.routing.choosing import WAYS, How, Member, asked_skills, decide

KEYS = ("ada", "bob", "cleo", "dana", "eve")


def chosen(*members: Member, how: How = "round-robin", **rest: object) -> str:
    return decide(members, how, **rest).agent  # type: ignore[arg-type]


def test_round_robin_takes_who_has_gone_longest_without_one() -> None:
    assert chosen(Member("ada", last=30), Member("bob", last=10), Member("cleo", last=20)) == "bob"


def test_who_never_had_one_goes_first_and_ties_are_settled_by_the_file() -> None:
    assert chosen(Member("bob", last=10), Member("cleo"), Member("ada")) == "cleo"


def test_least_loaded_compares_parts_of_the_room() -> None:
    assert (
        chosen(Member("ada", capacity=5, load=4), Member("bob", capacity=20, load=10), how="least-loaded")
        == "bob"
    )


def test_whoever_has_no_limit_has_the_largest_room_of_all() -> None:
    assert chosen(Member("ada", capacity=20, load=6), Member("bob", load=5), how="least-loaded") == "bob"


@pytest.mark.parametrize("how", WAYS)
def test_who_is_absent_full_or_passed_over_is_not_chosen_and_it_is_said_why(how: How) -> None:
    members = [
        Member("ada", absent="away until 2027-01-02: holidays"),
        Member("bob", capacity=2, load=2),
        Member("cleo", last=5),
    ]
    decision = decide(members, how, passed={"cleo": "gave it back"})
    assert decision.agent == ""
    assert (
        decision.why == "ada is away until 2027-01-02: holidays; bob has no room (2 of 2); cleo gave it back"
    )
    assert [standing.why for standing in decision.standings] == [
        "away until 2027-01-02: holidays",
        "has no room (2 of 2)",
        "gave it back",
    ]


def test_nobody_in_the_team_is_said() -> None:
    assert decide([], "round-robin").why == "nobody belongs to it"


def test_by_skill_takes_who_has_most_of_what_is_asked_for() -> None:
    one, both = Member("ada", frozenset({"sql"})), Member("bob", frozenset({"sql", "french"}), load=9)
    assert chosen(one, both, how="by-skill", asked=frozenset({"sql", "french"})) == "bob"
    assert chosen(one, both, how="by-skill", asked=frozenset({"sql"})) == "ada"


def test_by_skill_waits_for_who_has_it() -> None:
    decision = decide(
        [Member("ada"), Member("bob", frozenset({"sql"}), absent="away")],
        "by-skill",
        asked=frozenset({"sql"}),
    )
    assert decision.agent == ""
    assert decision.why == "ada lacks sql; bob is away"


def test_by_skill_without_a_skill_asked_for_takes_the_least_loaded() -> None:
    assert chosen(Member("ada", load=3), Member("bob", load=2), how="by-skill") == "bob"


def test_a_skill_that_nobody_of_the_team_has_keeps_no_ticket_back() -> None:
    assert chosen(Member("ada"), how="by-skill", asked=frozenset({"latin"})) == "ada"


def test_only_words_that_are_skills_are_asked_for() -> None:
    assert asked_skills(["SQL", "late", ""], frozenset({"sql", "french"})) == {"sql"}


@dataclass
class Day:
    """A desk in memory: who is here, what they have, and what each was given."""

    skills: dict[str, frozenset[str]]
    capacity: dict[str, int]
    here: set[str] = field(default_factory=lambda: set(KEYS))
    load: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, 0))
    last: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KEYS, 0))
    given: list[str] = field(default_factory=list)

    def members(self) -> list[Member]:
        """Everybody as they are now."""
        return [
            Member(
                key,
                self.skills[key],
                self.capacity[key],
                self.load[key],
                self.last[key],
                "" if key in self.here else "away",
            )
            for key in KEYS
        ]

    def give(self, how: How, asked: frozenset[str], moment: int) -> str:
        """Who is given a ticket; "" for nobody."""
        key = decide(self.members(), how, asked=asked).agent
        if key:
            self.load[key] += 1
            self.last[key] = moment
        self.given.append(key)
        return key


def test_ten_thousand_assignments_are_fair_within_one_among_those_present_throughout() -> None:
    """Two alike are here throughout and have room; the others come and go, fill up, differ in skills."""
    chance = random.Random(2026)  # noqa: S311 - a fixed series of days
    day = Day(
        {key: frozenset(chance.sample(["sql", "french", "tax"], 2)) for key in KEYS},
        {"ada": 0, "bob": 0, "cleo": 6, "dana": 4, "eve": 9},
    )
    day.skills["bob"] = day.skills["ada"]
    for moment in range(1, 10_001):
        for key in ("cleo", "dana", "eve"):
            if chance.random() < 0.02:
                day.here ^= {key}
            if day.load[key] and chance.random() < 0.3:
                day.load[key] -= 1
        how: How = "round-robin" if chance.random() < 0.5 else "by-skill"
        asked = frozenset(chance.sample(["sql", "french", "tax"], chance.randrange(3)))
        key = day.give(how, asked, moment)
        assert key == "" or key in day.here
        assert all(not day.capacity[each] or day.load[each] <= day.capacity[each] for each in KEYS)
        assert abs(day.load["ada"] - day.load["bob"]) <= 1
    counts = {key: day.given.count(key) for key in KEYS}
    assert min(counts.values()) > 100, counts


@pytest.mark.parametrize("how", WAYS)
def test_never_over_capacity_and_always_somebody_while_there_is_room(how: How) -> None:
    """People come and go; with by-skill a ticket may wait for who has the skill."""
    chance = random.Random(how)  # noqa: S311 - a fixed series of days
    day = Day(
        {key: frozenset(chance.sample(["sql", "french", "tax"], 1)) for key in KEYS},
        {key: chance.randrange(1, 8) for key in KEYS},
    )
    waited = 0
    for moment in range(1, 4_001):
        for key in KEYS:
            if chance.random() < 0.05:
                day.here ^= {key}
            if day.load[key] and chance.random() < 0.15:
                day.load[key] -= 1
        asked = frozenset(chance.sample(["sql", "french", "tax"], chance.randrange(2)))
        free = [each for each in day.members() if not each.absent and not each.is_full]
        key = day.give(how, asked, moment)
        waited += not key
        assert all(day.load[each] <= day.capacity[each] for each in KEYS)
        if how != "by-skill" or not asked:
            assert bool(key) == bool(free)
    assert 0 < waited < 4_000


def test_two_who_are_alike_take_turns_whatever_way_and_whoever_else_comes() -> None:
    """Least loaded too, where both finish their work alike."""
    chance = random.Random(1)  # noqa: S311 - a fixed series of days
    day = Day(dict.fromkeys(KEYS, frozenset()), dict.fromkeys(KEYS, 0))
    for moment in range(1, 2_001):
        day.here = {"ada", "bob"} | {key for key in KEYS if chance.random() < 0.5}
        for key in KEYS:
            day.load[key] = min(day.load.values())
        day.give("least-loaded", frozenset(), moment)
        assert abs(day.given.count("ada") - day.given.count("bob")) <= 1
