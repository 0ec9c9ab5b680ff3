"""What binds an agent's answer to the notice it answers: this ticket, this agent, what they had seen.

A notice's Message-ID is one of ours (`token`), so that its answers find their ticket like any other; inside
stands a second signature, over ticket and agent, and the last entry that the notice told of. Its reply
address has that signature as well. Nobody who writes to the desk ever sees either.
"""

from __future__ import annotations

import hmac
import re

from helpdesk_cli.mail import token
from helpdesk_cli.tickets.ids import ALPHABET, is_id, write_id
from helpdesk_cli.values import dataclass

_ID = f"[{ALPHABET}]{{16}}"
_MESSAGE_ID = re.compile(
    rf"desk\.(?P<uid>{_ID})\.n\.(?P<agent>{_ID})\.(?P<entry>{_ID})\.{_ID}\.{_ID}@[^@\s]+"
)
_ADDRESS = re.compile(rf"[^@\s+]+\+(?P<agent>{_ID})\+(?P<uid>{_ID})\.{_ID}@[^@\s]+")
_LONGEST_LOCAL_PART = 64


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that somebody answers: the ticket's uid, and the last entry it told of ("" = not said)."""

    uid: str
    entry: str = ""


def message_id(uid: str, agent: str, *, entry: str, serial: str, key: bytes, domain: str) -> str:
    """The bare Message-ID of a notice to that agent; `serial` tells it from others. ValueError for no id."""
    if not is_id(entry) or not is_id(serial):
        raise ValueError(f"not two ids: {entry!r}, {serial!r}")
    return token.message_id(uid, f"n.{_bind(key, uid, agent)}.{entry}.{serial}", key=key, domain=domain)


def address(local: str, uid: str, agent: str, *, key: bytes, domain: str) -> str:
    """`LOCAL+AGENT+UID.MAC@DOMAIN`; "" where that is too long for SMTP."""
    plain, _, signed = token.address("x", uid, key=key, domain=domain).partition("+")
    made = f"{local}+{_bind(key, uid, agent)}+{signed}"
    return made if plain and len(made.rpartition("@")[0].encode()) <= _LONGEST_LOCAL_PART else ""


def names_notice(text: str) -> bool:
    """Whether a Message-ID or address looks like a notice's: cheap, and no proof of anything."""
    wanted = text.strip().strip("<>").casefold()
    return bool(_MESSAGE_ID.fullmatch(wanted) or _ADDRESS.fullmatch(wanted))


def read_notice(text: str, agent: str, key: bytes) -> Notice | None:
    """The notice to this agent that a Message-ID or address names; None where it names none."""
    wanted = text.strip().strip("<>").casefold()
    if match := _MESSAGE_ID.fullmatch(wanted):
        uid, entry = token.read_message_id(wanted, key), match["entry"]
    elif match := _ADDRESS.fullmatch(wanted):
        uid, entry = token.read_address(wanted, key), ""
    else:
        return None
    if not uid or uid != match["uid"] or not hmac.compare_digest(match["agent"], _bind(key, uid, agent)):
        return None
    return Notice(uid, entry)


def _bind(key: bytes, uid: str, agent: str) -> str:
    return write_id(hmac.digest(key, f"notice\0{uid}\0{agent}".encode("utf-8", "surrogatepass"), "sha256"))
