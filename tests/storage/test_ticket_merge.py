"""Two versions of a ticket file merged: one example for each rule about what hands wrote."""

from __future__ import annotations

import pytest
from histories import Op, happen, start

from helpdesk_cli.storage.line_merge import show_both
from helpdesk_cli.storage.ticket_file import TicketFile, read_ticket_file
from helpdesk_cli.storage.ticket_merge import merge_ticket_files

BASE = start()


def file(text: str) -> TicketFile:
    return read_ticket_file(text.encode(), place="TICKET-42.md")


def edited(old: str, new: str) -> TicketFile:
    assert old in str(BASE)
    return file(str(BASE).replace(old, new, 1))


def merged(ours: TicketFile, theirs: TicketFile) -> str:
    result = merge_ticket_files(BASE, ours, theirs)
    assert result.conflicts == ()
    return result.text


def test_text_under_a_redacted_entry_stays_under_the_one_above() -> None:
    redacted = happen(BASE, [Op("redact", 1, 5)], "a")
    text = merged(file(f"{BASE}\nRemember the bread.\n"), redacted)
    assert "So?" not in text
    assert text.index("desk:event") < text.index("Remember the bread.\n") < text.index("desk:tombstone")


def test_text_written_on_both_sides_in_different_places_stays_in_both() -> None:
    start_of_body = "---\n\n<!-- desk:message"
    above = edited(start_of_body, "---\n\nAbove.\n\n<!-- desk:message")
    below = file(f"{BASE}\nBelow.\n")
    text = merged(above, below)
    assert text == str(BASE).replace(start_of_body, "---\n\nAbove.\n\n<!-- desk:message", 1) + "\nBelow.\n"


def test_the_same_text_changed_differently_stands_between_markers_for_a_person() -> None:
    result = merge_ticket_files(BASE, file(f"{BASE}\nBread.\n"), file(f"{BASE}\nMilk.\n"))
    assert result.conflicts == ("text written by hand between the entries",)
    assert "<<<<<<< ours\nBread.\n=======\nMilk.\n>>>>>>> theirs\n" in result.text
    # The ticket stays readable meanwhile: what is between the entries is never read.
    assert file(result.text).ticket == BASE.ticket


def test_an_unknown_key_changed_differently_stands_between_markers() -> None:
    silver, gold = edited("status", "tier: silver\nstatus"), edited("status", "tier: gold\nstatus")
    result = merge_ticket_files(BASE, silver, gold)
    assert result.conflicts == ('the key "tier"',)
    assert "<<<<<<< ours\ntier: silver\n=======\ntier: gold\n>>>>>>> theirs\n" in result.text
    with pytest.raises(Exception, match="git left a conflict here"):
        file(result.text)


def test_unknown_keys_added_in_one_place_by_both_sides_both_stay() -> None:
    text = merged(edited("status", "b: 1\nstatus"), edited("status", "a:\n- {x: y}\nstatus"))
    assert "subject: Invoice\na:\n- {x: y}\nb: 1\nstatus: new\n" in text


def test_a_comment_and_a_change_of_the_same_line_both_stay() -> None:
    pending = happen(BASE, [Op("status", 1, 5)], "a")
    text = merged(pending, edited("status: new", "status: new # ask Kim\n# really"))
    assert "status: pending\n# really\n" in text or "status: pending # ask Kim\n# really\n" in text


def test_items_of_a_list_keep_their_comments() -> None:
    tagged = happen(BASE, [Op("tag", 2, 5)], "a")
    text = merged(tagged, edited("- billing", "- billing # not ours\n- extra"))
    assert "tags:\n- billing # not ours\n- extra\n- vip\n" in text


def test_an_order_of_keys_chosen_by_a_hand_survives() -> None:
    pending = happen(BASE, [Op("status", 1, 5)], "a")
    moved = edited(
        "status: new\nrequester: Ada <ada@example.org>\n", "requester: Ada <ada@example.org>\nstatus: new\n"
    )
    assert "subject: Invoice\nrequester: Ada <ada@example.org>\nstatus: pending\n" in merged(pending, moved)


def test_a_key_removed_on_one_side_is_removed() -> None:
    base = edited("status", "tier: gold\nstatus")
    assert "tier" not in merge_ticket_files(base, BASE, base).text
    assert merge_ticket_files(base, base, BASE).conflicts == ()


def test_an_entry_edited_by_hand_on_one_side_stays_edited() -> None:
    assert "\nHallo\n" in merged(edited("\nHello\n", "\nHallo\n"), happen(BASE, [Op("message", 0, 1)], "b"))


def test_an_entry_edited_differently_by_hands_is_said_to_be() -> None:
    one, other = edited("\nHello\n", "\nHallo\n"), edited("\nHello\n", "\nHola\n")
    there, back = merge_ticket_files(BASE, one, other), merge_ticket_files(BASE, other, one)
    assert there.text == back.text
    (conflict,) = there.conflicts
    assert conflict.endswith("edited by hand on both sides")


def test_line_ends_and_byte_order_mark_of_one_side_hold_for_all() -> None:
    crlf = read_ticket_file(b"\xef\xbb\xbf" + BASE.to_bytes().replace(b"\n", b"\r\n"), place="x")
    text = merged(happen(BASE, [Op("message", 0, 1)], "b"), crlf)
    assert text.startswith("\ufeff---\r\n")
    assert text.count("\n") == text.count("\r\n")


def test_a_last_line_without_its_end_takes_nothing_with_it() -> None:
    text = merged(file(f"{BASE}\nNo end"), happen(BASE, [Op("message", 0, 1)], "b"))
    assert "\nNo end\n\n<!-- desk:message" in text


@pytest.mark.parametrize("inside", ["a\n", "<<<<<<< x\n", "========\n", "no end", ""])
def test_both_texts_stand_whole_between_markers_that_neither_has(inside: str) -> None:
    lines = show_both(inside, "b\n").split("\n")
    opening = next(line for line in lines if line.endswith("< ours"))
    marker = opening.removesuffix(" ours")
    assert sum(marker in line for line in lines) == 1
