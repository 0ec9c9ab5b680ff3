"""A template: what its file says; and what it becomes for one ticket."""

from __future__ import annotations

from helpdesk_cli.values import dataclass

# What a template is for. Those that are no replies have variables of their own (`replies/variables`).
PURPOSES = ("reply", "acknowledgement", "csat", "notification", "digest")


@dataclass(frozen=True, slots=True)
class Template:
    """A template file. `place` is its path for messages; `..._line` are where its pieces stand, from 1.

    `subject` "": the ticket's own. `status` "": the template sets none. `is_shipped`: the desk has no file of
    that name, so that the one which comes with desk is used.
    """

    name: str
    place: str
    body: str
    body_line: int = 1
    subject: str = ""
    subject_line: int = 1
    status: str = ""
    status_line: int = 1
    about: str = ""
    purpose: str = "reply"
    is_shipped: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a template says for one ticket.

    `subject` "": the ticket's own, as `desk.letters.subject_for` writes it. `status` "": none is set.
    `used`: ("template", name) and ("article", name) for the entry of the message (`Message.other`), by which
    uses are counted. `is_signed`: the text holds the agent's signature, so that none is added below it.
    """

    subject: str
    text: str
    status: str = ""
    used: tuple[tuple[str, str], ...] = ()
    is_signed: bool = False
