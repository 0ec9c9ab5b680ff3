"""Which ticket a mail joins: every step of the order, and what must not join."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from helpdesk_cli.mail.model import Incoming
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.threading import Candidate, Decision, decide
from helpdesk_cli.mail.token import address, message_id
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = b"a key of thirty-two bytes, or so"
OWN = OwnAddresses(frozenset({"support@desk.example"}), key=KEY)
ADA, BOB, EVE = (Person(name, f"{name.lower()}@example.org") for name in ("Ada", "Bob", "Eve"))
DESK = Person("Support", "support@desk.example")
ONE = Candidate(
    uid="1111111111111111",
    number=1,
    participants=frozenset({"ada@example.org", "bob@example.org"}),
    message_ids=frozenset({"a1@example.org", "a2@example.org"}),
    known_references={"x0@elsewhere.example": frozenset({"ada@example.org"})},
)
TWO = Candidate(uid="2222222222222222", number=2, participants=frozenset({"eve@example.org"}))
SIGNED = message_id(ONE.uid, "n1", key=KEY, domain="desk.example")
SIGNED_ADDRESS = address("support", ONE.uid, key=KEY, domain="desk.example")
MAIL = Incoming(message_id="new@example.org", from_=(ADA,), to=(DESK,), subject="It")


@dataclass(frozen=True)
class Tickets:
    """Tickets in memory, found as a desk finds them."""

    all: tuple[Candidate, ...] = (ONE, TWO)
    formerly: tuple[tuple[int, Candidate], ...] = ()

    def by_token(self, uid: str, entry: str = "") -> Candidate | None:  # noqa: ARG002 - nothing is moved here
        """By uid."""
        return next((each for each in self.all if each.uid == uid), None)

    def by_message_id(self, message_id: str) -> Sequence[Candidate]:
        """By a stored message."""
        return [each for each in self.all if message_id in each.message_ids]

    def by_reference(self, message_id: str) -> Sequence[Candidate]:
        """By what stored messages name."""
        return [each for each in self.all if message_id in each.known_references]

    def by_number(self, number: int) -> Sequence[Candidate]:
        """By the number now and formerly."""
        former = [each for old, each in self.formerly if old == number]
        return [*(each for each in self.all if each.number == number), *former]


def decided(mail: Incoming, tickets: Tickets | None = None, **more: tuple[str, ...]) -> Decision:
    """The decision on a mail."""
    return decide(mail, tickets or Tickets(), own=OWN, **more)  # type: ignore[arg-type]  # tuples of addresses or ids only


NEW = Decision()


def test_a_mail_that_names_nothing_opens_a_ticket() -> None:
    """However well its sender is known, however alike the subject (no similarity, ever)."""
    assert decided(MAIL) == NEW


@pytest.mark.parametrize("sender", [ADA, EVE, Person("Nobody", "nobody@nowhere.example")])
@pytest.mark.parametrize(
    "mail",
    [
        replace(MAIL, in_reply_to=SIGNED),
        replace(MAIL, references=("z@z", SIGNED, "y@y")),
        replace(MAIL, in_reply_to=SIGNED.upper()),
        replace(MAIL, to=(Person(email=SIGNED_ADDRESS),)),
        replace(MAIL, cc=(Person(email=SIGNED_ADDRESS.upper()),)),
    ],
)
def test_our_signature_joins_whoever_sends(mail: Incoming, sender: Person) -> None:
    """A forward to a colleague, another address of the customer."""
    assert decided(replace(mail, from_=(sender,))) == Decision(ONE.uid, "token")


def test_our_signature_in_the_envelope_joins() -> None:
    """Where the header lost it."""
    assert decided(MAIL, recipients=(SIGNED_ADDRESS,)) == Decision(ONE.uid, "token")


@pytest.mark.parametrize(
    "forged", [SIGNED.replace("n1", "n2"), SIGNED.replace("1111", "2222", 1), "desk.1.n1.1@x"]
)
def test_a_forged_signature_joins_nothing(forged: str) -> None:
    """T31: the tag is checked, not only present."""
    assert decided(replace(MAIL, in_reply_to=forged)) == NEW


def test_a_signature_made_with_another_key_joins_nothing() -> None:
    """Another desk's mail."""
    other = message_id(ONE.uid, "n1", key=b"another key, thirty-two bytes...", domain="desk.example")
    assert decided(replace(MAIL, in_reply_to=other)) == NEW


def test_a_signature_of_a_ticket_that_is_gone_joins_nothing() -> None:
    """And the mail still opens a ticket."""
    assert decided(replace(MAIL, in_reply_to=SIGNED), Tickets((TWO,))) == NEW


@pytest.mark.parametrize("sender", [ADA, BOB, Person("A. L.", "ADA@Example.org")])
def test_a_reference_joins_for_who_took_part(sender: Person) -> None:
    """From, To or Cc of any message of the ticket; the case of an address does not matter."""
    mail = replace(MAIL, from_=(sender,), in_reply_to="a1@example.org")
    assert decided(mail) == Decision(ONE.uid, "reference")
    assert decided(replace(mail, in_reply_to="", references=("q@q", "a2@example.org"))) == Decision(
        ONE.uid, "reference"
    )


def test_a_reference_by_a_stranger_opens_a_ticket_that_names_it() -> None:
    """Ids leak; knowing one gives nothing (T31)."""
    mail = replace(MAIL, from_=(EVE,), in_reply_to="a1@example.org")
    assert decided(mail) == Decision(possible_parent=1)


def test_a_stranger_in_copy_gains_nothing_by_it() -> None:
    """T30: the attacker copies themself; what is asked is whether they took part before."""
    mail = replace(MAIL, from_=(EVE,), cc=(ADA, EVE), references=("a1@example.org",))
    assert decided(mail) == Decision(possible_parent=1)


def test_the_nearest_reference_wins() -> None:
    """In-Reply-To, then References from the end."""
    two = replace(TWO, participants=frozenset({"ada@example.org"}), message_ids=frozenset({"b1@example.org"}))
    mail = replace(MAIL, in_reply_to="b1@example.org", references=("a1@example.org",))
    assert decided(mail, Tickets((ONE, two))).join == two.uid
    mail = replace(MAIL, references=("a1@example.org", "b1@example.org"))
    assert decided(mail, Tickets((ONE, two))).join == two.uid


@pytest.mark.parametrize(
    "mail",
    [
        # Eve answers Ada's first mail, which we never had: Ada put us in copy later.
        replace(MAIL, from_=(EVE,), to=(ADA,), cc=(DESK,), in_reply_to="x0@elsewhere.example"),
        replace(MAIL, from_=(EVE,), to=(DESK,), cc=(ADA,), references=("x0@elsewhere.example",)),
        replace(MAIL, from_=(ADA,), in_reply_to="x0@elsewhere.example"),
        # The first mail itself comes late.
        replace(MAIL, from_=(EVE,), to=(ADA, DESK), message_id="x0@elsewhere.example"),
    ],
)
def test_an_id_known_by_reference_joins_among_its_people(mail: Incoming) -> None:
    """Those who named it are on this mail too."""
    assert decided(mail) == Decision(ONE.uid, "cc-reference")


def test_an_id_known_by_reference_does_not_join_without_its_people() -> None:
    """A list's or a newsletter's id that many name is no bond."""
    assert decided(replace(MAIL, from_=(EVE,), in_reply_to="x0@elsewhere.example")) == NEW


def test_our_own_answers_bind_nobody() -> None:
    """They name the ids they answer too, and we are in To of every mail that comes."""
    named = {"x0@elsewhere.example": frozenset({"ada@example.org", "support@desk.example"})}
    mail = replace(MAIL, from_=(EVE,), in_reply_to="x0@elsewhere.example")
    assert decided(mail, Tickets((replace(ONE, known_references=named),))) == NEW


@pytest.mark.parametrize(
    "subject",
    [
        "[TICKET-1] It",
        "Re: [TICKET-1] It",
        "AW: [ticket-1] It",
        "Re: [ TICKET-001 ] It",
        "x [TICKET-9] [TICKET-1]",
    ],
)
def test_a_subject_tag_joins_for_who_took_part(subject: str) -> None:
    """Flagged, for a tag proves nothing."""
    assert decided(replace(MAIL, subject=subject)) == Decision(ONE.uid, "subject", flagged=True)


@pytest.mark.parametrize(
    "subject", ["TICKET-1 It", "[TICKET 1]", "[#1] It", "[OTHER-1] It", "[TICKET-99] It", "[TICKET-1x]"]
)
def test_what_is_no_tag_of_ours(subject: str) -> None:
    """Nothing is guessed."""
    assert decided(replace(MAIL, subject=subject)) == NEW


def test_a_subject_tag_by_a_stranger_names_the_ticket_only() -> None:
    """T31: enumerating numbers reaches nobody's ticket."""
    mail = replace(MAIL, from_=(EVE,), subject="[TICKET-1] what is the status?")
    assert decided(mail) == Decision(possible_parent=1)


def test_a_subject_tag_with_a_foreign_reference_does_not_join() -> None:
    """The mail says itself that it answers something else."""
    mail = replace(MAIL, subject="Re: [TICKET-1] It", in_reply_to="other@elsewhere.example")
    assert decided(mail) == Decision(possible_parent=1)
    known = replace(MAIL, from_=(BOB,), subject="Re: [TICKET-1] It", in_reply_to="x0@elsewhere.example")
    assert decided(known) == Decision(ONE.uid, "subject", flagged=True)


def test_a_number_that_two_tickets_had_goes_by_who_took_part() -> None:
    """After a clash of clones was healed; with the same person in both it names neither."""
    former = Tickets(formerly=((1, TWO),))
    mail = replace(MAIL, subject="[TICKET-1] It")
    assert decided(mail, former).join == ONE.uid
    assert decided(replace(mail, from_=(EVE,)), former).join == TWO.uid
    both = Tickets(formerly=((1, replace(TWO, participants=ONE.participants)),))
    assert decided(mail, both) == Decision(possible_parent=1)


@pytest.mark.parametrize(
    "mail",
    [
        replace(MAIL, in_reply_to=SIGNED),
        replace(MAIL, in_reply_to="a1@example.org"),
        replace(MAIL, in_reply_to="x0@elsewhere.example"),
        replace(MAIL, subject="[TICKET-1] It"),
    ],
)
def test_two_senders_join_nothing(mail: Incoming) -> None:
    """T15: whom of them the mail servers checked, nobody knows."""
    assert decided(replace(mail, from_=(ADA, EVE))) == Decision(possible_parent=1)


@pytest.mark.parametrize("senders", [(), (Person("Ada"),), (Person(),)])
def test_no_sender_takes_part_in_nothing(senders: tuple[Person, ...]) -> None:
    """Not even where a ticket knows a person without an address."""
    odd = replace(ONE, participants=frozenset({""}))
    mail = replace(MAIL, from_=senders, in_reply_to="a1@example.org", subject="[TICKET-1]")
    assert decided(mail, Tickets((odd,))) == Decision(possible_parent=1)


def test_a_bounce_is_believed_by_our_signature_only() -> None:
    """T43: anybody can write one; a guessed or leaked id inside names the ticket and no more."""
    daemon = replace(MAIL, from_=(Person(email="mailer-daemon@example.org"),))
    assert decided(daemon, returned_ids=(SIGNED,)) == Decision(ONE.uid, "token")
    assert decided(daemon, returned_ids=("a1@example.org",)) == Decision(possible_parent=1)
    taking_part = replace(daemon, from_=(ADA,), in_reply_to="a1@example.org")
    assert decided(taking_part, returned_ids=("q@q",)).join is None


def test_of_two_tickets_with_one_id_the_sender_s_own_is_joined() -> None:
    """Whoever has read an id can use it again, and thereby neither draw mail over nor keep it away."""
    squatted = replace(TWO, message_ids=ONE.message_ids)
    for tickets in (Tickets((squatted, ONE)), Tickets((ONE, squatted))):
        assert decided(replace(MAIL, in_reply_to="a1@example.org"), tickets).join == ONE.uid


def test_a_mail_does_not_answer_itself() -> None:
    """Some programs name the mail's own id in References."""
    mail = replace(MAIL, message_id="a1@example.org", references=("a1@example.org",))
    assert decided(mail) == NEW


def test_thousands_of_references_are_not_all_looked_up() -> None:
    """The nearest are."""
    looked: list[str] = []

    class Counting(Tickets):
        def by_message_id(self, message_id: str) -> Sequence[Candidate]:
            looked.append(message_id)
            return ()

    decided(replace(MAIL, references=tuple(f"{n}@x" for n in range(5000))), Counting())
    assert looked[0] == "4999@x"
    assert len(looked) <= 200
