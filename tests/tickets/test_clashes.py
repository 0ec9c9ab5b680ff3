"""Numbers that clones gave out twice: settled the same way by everybody, once and for all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.tickets.changes import replay
from helpdesk_cli.tickets.clashes import Claim, Move, renamed_links, settle
from helpdesk_cli.tickets.merge import merge
from helpdesk_cli.tickets.renumber import relinked, renumbered, with_id
from helpdesk_cli.tickets.ticket import Ticket
from helpdesk_cli.values import replace

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def claim(
    number: int, uid: str, minute: int = 0, *, formerly: tuple[str, ...] = (), names: str = ""
) -> Claim:
    moment = NOON + timedelta(minutes=minute)
    return Claim(f"TICKET-{number}", uid, moment, formerly, frozenset(names.split()))


claims = st.lists(
    st.builds(
        claim,
        st.integers(1, 5),
        st.text("ab", min_size=3, max_size=3),
        st.integers(0, 2),
        formerly=st.lists(st.sampled_from(["TICKET-6", "TICKET-7"]), max_size=1).map(tuple),
    ),
    max_size=8,
    unique_by=lambda each: each.uid,
)


def after(found: list[Claim], moves: tuple[Move, ...]) -> list[Claim]:
    new = {move.uid: move.new for move in moves}
    return [replace(each, id=new.get(each.uid, each.id)) for each in found]


@given(claims, st.randoms(use_true_random=False))
def test_everybody_settles_alike_and_once(found: list[Claim], random: object) -> None:
    moves = settle(found)
    shuffled = list(found)
    random.shuffle(shuffled)
    assert settle(shuffled) == moves
    settled = after(found, moves)
    assert len({each.number for each in settled}) == len(settled)
    assert settle(settled) == ()
    ever = {each.number for each in found} | {6, 7} & {
        int(name[-1]) for each in found for name in each.formerly
    }
    assert not ever & {int(move.new.rpartition("-")[2]) for move in moves}
    for each in found:
        holder = min(
            (other for other in found if other.id == each.id), key=lambda one: (one.created_at, one.uid)
        )
        assert (each.uid in {move.uid for move in moves}) == (holder != each)


def test_the_older_keeps_the_number_then_the_smaller_uid() -> None:
    older, younger = claim(42, "b", 0), claim(42, "a", 1)
    assert settle([younger, older]) == (Move("a", "TICKET-42", "TICKET-43"),)
    assert settle([claim(42, "b"), claim(42, "a")]) == (Move("b", "TICKET-42", "TICKET-43"),)


def test_a_new_number_is_above_all_that_ever_were() -> None:
    two = [claim(42, "a"), claim(42, "b")]
    assert settle([*two, claim(7, "c", formerly=("TICKET-99",))])[0].new == "TICKET-100"
    assert settle(two, taken=[120])[0].new == "TICKET-121"


@pytest.mark.parametrize(
    ("holder_names", "mover_names", "meant"),
    [
        ("", "TICKET-1", "TICKET-43"),
        ("TICKET-1", "", "TICKET-42"),
        ("TICKET-1", "TICKET-1", "TICKET-42"),
        ("", "", "TICKET-42"),
    ],
)
def test_a_link_means_the_ticket_that_names_back(holder_names: str, mover_names: str, meant: str) -> None:
    linking = claim(1, "l", names="TICKET-42 TICKET-5")
    found = [linking, claim(42, "a", 0, names=holder_names), claim(42, "b", 1, names=mover_names)]
    moves = settle(found)
    renamed = renamed_links(linking, moves, {each.uid: each for each in found})
    assert renamed.get("TICKET-42", "TICKET-42") == meant
    assert "TICKET-5" not in renamed


def test_a_renumbered_ticket_says_so_in_the_same_words_everywhere() -> None:
    ticket = Ticket("TICKET-42", "4vq7m3x9k2wd8h5n", NOON, "Invoice")
    one, other = renumbered(ticket, "TICKET-57"), renumbered(ticket, "TICKET-57")
    assert one == other
    assert one.formerly == ("TICKET-42",)
    (event,) = one.events
    assert (event.what, event.facts) == ("renumbered", (("formerly", "TICKET-42"),))
    assert renumbered(one, "TICKET-57") is one


def test_links_that_follow_are_in_the_history() -> None:
    ticket = Ticket(
        "TICKET-1", "4vq7m3x9k2wd8h5n", NOON, links=("TICKET-2", "TICKET-42"), merged_into="TICKET-42"
    )
    followed = relinked(ticket, {"TICKET-42": "TICKET-57"})
    assert (followed.links, followed.merged_into) == (("TICKET-2", "TICKET-57"), "TICKET-57")
    assert replay(followed) == {"links": ("TICKET-57",), "merged-into": "TICKET-57"}
    assert relinked(ticket, {"TICKET-9": "TICKET-10"}) is ticket


def test_one_ticket_under_several_numbers_keeps_the_smallest_that_none_has_given_up() -> None:
    ticket = Ticket("TICKET-42", "4vq7m3x9k2wd8h5n", NOON)
    for versions in (
        [ticket, with_id(ticket, "TICKET-58"), with_id(ticket, "TICKET-57")],
        [with_id(ticket, "TICKET-57"), with_id(ticket, "TICKET-58"), ticket],
    ):
        folded = reduce(lambda one, other: merge(None, one, other).ticket, versions)
        assert (folded.id, folded.formerly) == ("TICKET-57", ("TICKET-42", "TICKET-58"))
