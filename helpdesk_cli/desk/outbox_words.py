"""What became of a mail, in the words that the ticket's event, the lists and the checks use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.storage.outbox import OutMail, Recipient

MOST_WORDS = 300
_MOST_NAMED = 5


def fate(mail: OutMail) -> str:
    """`STATE DETAILS`, on one line, as a `delivery` fact has it behind the entry's id."""
    refused = [each for each in mail.recipients if each.state == "refused"]
    reached = [each.address for each in mail.recipients if each.state == "sent"]
    beside = f"; sent to {_named(reached)}" if reached else ""
    if refused and mail.state not in {"unknown", "dropped"}:
        late = f"; still trying {_named(mail.pending)}" if mail.state in {"queued", "sending"} else ""
        return f"failed {_reasons(refused)}{beside}{late}"
    why = f" {shortened(mail.why)}" if mail.why and mail.state not in {"sent", "queued"} else ""
    return f"{mail.state}{why}{beside if mail.state != 'sent' else ''}"


def shortened(words: str) -> str:
    """Somebody's words on one line, at most MOST_WORDS characters."""
    line = " ".join(words.split())
    return line if len(line) <= MOST_WORDS else f"{line[: MOST_WORDS - 1]}…"


def _reasons(refused: list[Recipient]) -> str:
    told = [
        f"{each.address}: {shortened(each.why)}" if each.why else each.address
        for each in refused[:_MOST_NAMED]
    ]
    return "; ".join(told) + _more(len(refused))


def _named(addresses: list[str] | tuple[str, ...]) -> str:
    return ", ".join(addresses[:_MOST_NAMED]) + _more(len(addresses))


def _more(count: int) -> str:
    return f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
