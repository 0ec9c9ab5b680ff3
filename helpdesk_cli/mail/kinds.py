"""What is said of a mail's kind, as values; `automatic` and `bounces` work it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.mail.model import Automatic, Bulk


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that mail was not delivered (or not yet: `temporary`).

    `failed_recipients` are as the report names them, sorted; () when it names none we could read.
    `original_message_ids` are the bare ids of the mail that came back.
    """

    failed_recipients: tuple[str, ...] = ()
    temporary: bool = False
    original_message_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """The facts about a mail that decide what it may set in motion.

    `may_answer` is "" when automatic mail may answer it, else the number of the rule that forbids
    it. `reasons` are all those rules and what told that a machine wrote it, in fixed words.
    """

    automatic: Automatic | None = None
    bulk: Bulk | None = None
    spam: bool = False
    may_answer: str = ""
    reasons: tuple[str, ...] = ()
    bounce: Bounce | None = None
