"""Questions to the person at the terminal, asked on /dev/tty: standard input may be a pipe (DECISIONS 32)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from helpdesk_cli.errors import CancelledError
from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from helpdesk_cli.cli.session import Session

Choice = Literal["yes", "edit", "no", "nobody"]
TERMINAL = Path("/dev/tty")
# Writing to more tickets than this, or mailing more people, is asked about first.
MANY = 5


def confirm(session: Session, question: str) -> None:
    """Return when the answer is yes. Raises CancelledError when it is not, or nobody is there to ask."""
    if session.yes:
        return
    if not session.may_ask:
        raise CancelledError(f"nobody may be asked: {question}", hint="Say --yes if this is meant.")
    try:
        answer = _ask(f"{make_visible(question)} [y/N] ")
    except OSError as error:
        raise CancelledError(
            f"nobody is there to be asked: {question}", hint="Say --yes if this is meant."
        ) from error
    if answer.strip().casefold() not in {"y", "yes"}:
        raise CancelledError("not confirmed", hint="Nothing was changed.")


def ask_again(session: Session, question: str) -> bool:
    """Whether a person at the terminal says anything but no; False when nobody is there."""
    if session.yes or not session.may_ask:
        return False
    try:
        answer = _ask(f"{make_visible(question)} [Y/n] ")
    except OSError:
        return False
    return answer.endswith("\n") and answer.strip().casefold() not in {"n", "no"}


def choose(session: Session, question: str, *, may_edit: bool) -> Choice:
    """What a person says to a question that --yes does not answer; "nobody" where nobody is there to ask."""
    if not session.may_ask:
        return "nobody"
    ways = "[y]es, [e]dit, [N]o" if may_edit else "[y/N]"
    try:
        answer = _ask(f"{make_visible(question)} {ways} ").strip().casefold()
    except OSError:
        return "nobody"
    if answer in {"y", "yes"}:
        return "yes"
    return "edit" if may_edit and answer in {"e", "edit"} else "no"


def confirm_many(session: Session, action: str, tickets: Sequence[str]) -> None:
    """Ask before more than MANY tickets are written: how many, and the first of them."""
    if len(tickets) > MANY:
        confirm(session, f"{action} {len(tickets)} tickets ({', '.join(tickets[:MANY])}, …)?")


def _ask(question: str) -> str:
    with (
        TERMINAL.open("r", encoding="utf-8", errors="replace") as answers,
        TERMINAL.open("w", encoding="utf-8") as asked,
    ):
        asked.write(question)
        asked.flush()
        return answers.readline()
