"""The way a mail leaves: to this machine's mail server by `sendmail`, or to another by SMTP.

What is handed on is looked at once more, whoever wrote it: addresses are strict and bytes are those of one
mail only (RELIABILITY G26, T39, T40). Nothing here decides whether a mail may be sent.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, Protocol

from helpdesk_cli.errors import UsageError
from helpdesk_cli.mail.proof import check_bytes
from helpdesk_cli.mail.recipients import check_address
from helpdesk_cli.tickets.escapes import make_visible
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# sent: the next server has it. refused: for good. later: not sent, and worth another try.
# unknown: the mail may have left.
State = Literal["sent", "refused", "later", "unknown"]
Outcome = tuple[State, str]
_LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mail for one recipient; `why` is in the words of the server, fit for a terminal."""

    address: str
    state: State
    why: str = ""


class Server(Protocol):
    """What is asked of `outgoing: smtp:` in desk.yaml (storage.settings_mail.Smtp)."""

    @property
    def host(self) -> str:
        """Its name, which its certificate must bear."""

    @property
    def port(self) -> int:
        """Usually 587 or 465."""

    @property
    def security(self) -> str:
        """starttls, tls, or none (to this machine)."""

    @property
    def user(self) -> str:
        """Empty to send without a login."""

    @property
    def password_command(self) -> str:
        """Prints the password."""

    @property
    def token_command(self) -> str:
        """Prints a token for XOAUTH2."""


class Outgoing(Protocol):
    """What is asked of `outgoing:` in desk.yaml (storage.settings_mail.Outgoing)."""

    @property
    def via(self) -> str:
        """`sendmail` or `smtp`."""

    @property
    def sendmail(self) -> str:
        """The absolute path of the program."""

    @property
    def smtp(self) -> Server:
        """The server."""


class Carrier(Protocol):
    """A way out: takes strict addresses and sound bytes, and gives an outcome for each recipient."""

    def deliver(self, data: bytes, *, sender: str, recipients: Sequence[str]) -> Mapping[str, Outcome]:
        """`sender` is "" for the null sender."""

    def close(self) -> None:
        """Let go of what is open."""


class Transport:
    """A way out that is open; it takes one mail after the other."""

    def __init__(self, carrier: Carrier) -> None:
        """`carrier` is what speaks to the server."""
        self._carrier = carrier

    def send(self, data: bytes, *, sender: str, recipients: Sequence[str]) -> list[Result]:
        """What became of the mail for each recipient, in their order. Never sends to one address twice."""
        outcomes: dict[str, Outcome] = {}
        wire: dict[str, str] = {}
        fault = _fault(data, sender)
        for address in recipients:
            try:
                wire[address] = check_address(address)
            except UsageError as error:
                outcomes[address] = ("refused", str(error))
        if fault:
            outcomes |= dict.fromkeys(wire, ("refused", fault))
        elif wire:
            told = self._carrier.deliver(
                data,
                sender=sender and check_address(sender),
                recipients=tuple(dict.fromkeys(wire.values())),
            )
            outcomes |= {address: told[there] for address, there in wire.items()}
        return [Result(address, outcomes[address][0], _shown(outcomes[address][1])) for address in recipients]


@contextmanager
def open_transport(outgoing: Outgoing) -> Iterator[Transport]:
    """The way out that desk.yaml names, for as many mails as there are."""
    # Each is loaded where it is used: TLS takes its time.
    carrier: Carrier
    if outgoing.via == "smtp":
        carrier = importlib.import_module("helpdesk_cli.channels.smtp").Smtp(outgoing.smtp)
    else:
        carrier = importlib.import_module("helpdesk_cli.channels.sendmail").Sendmail(outgoing.sendmail)
    try:
        yield Transport(carrier)
    finally:
        carrier.close()


def transmit(data: bytes, *, sender: str, recipients: Sequence[str], outgoing: Outgoing) -> list[Result]:
    """What became of one mail for each recipient. `sender` is that of the envelope, "" the null sender."""
    with open_transport(outgoing) as transport:
        return transport.send(data, sender=sender, recipients=recipients)


def _fault(data: bytes, sender: str) -> str:
    if unfit := check_bytes(data):
        return f"these are not the bytes of a mail that desk wrote: {unfit}"
    try:
        if sender:
            check_address(sender)
    except UsageError as error:
        return f"the sender {error}"
    return ""


def _shown(why: str) -> str:
    line = make_visible(" ".join(why[: 4 * _LONGEST_WHY].split()))
    return line if len(line) <= _LONGEST_WHY else f"{line[: _LONGEST_WHY - 1]}…"
