"""What `desk new` puts into the editor: fields as headers, an empty line, the text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.errors import UsageError
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from helpdesk_cli.desk.new import Draft

_FIELDS = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox")
_OFFERED = ("priority", "category")


def write_draft_text(draft: Draft) -> str:
    """The text to fill in."""
    fields = dict(draft.fields)
    headers = {
        "Requester": "" if draft.requester == NOBODY else str(draft.requester),
        "Subject": draft.subject,
        "Channel": draft.channel,
        "Tags": ", ".join(draft.tags),
        **{name.capitalize(): fields.get(name, "") for name in (*_OFFERED, *(set(fields) - set(_OFFERED)))},
    }
    return "".join(f"{name}: {value}".rstrip() + "\n" for name, value in headers.items()) + "\n" + draft.text


def read_draft_text(text: str, draft: Draft) -> Draft:
    """The draft as filled in. Raises UsageError for a header that is none of ours."""
    head, _, body = text.replace("\r\n", "\n").lstrip("\n").partition("\n\n")
    fields: dict[str, str] = {}
    for line in head.split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise UsageError(
                f'"{line}" is not understood', "the header", "Leave an empty line above the text."
            )
        fields[name.strip().casefold()] = value.strip()
    requester = fields.pop("requester", "")
    filled = replace(
        draft,
        requester=Person.read(requester) if requester else NOBODY,
        subject=fields.pop("subject", ""),
        channel=fields.pop("channel", "") or draft.channel,
        tags=tuple(tag.strip() for tag in fields.pop("tags", "").split(",") if tag.strip()),
        text=body,
        fields=(),
    )
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        raise UsageError(f'unknown field "{unknown[0]}"', "the header", f"Fields: {', '.join(_FIELDS)}.")
    return replace(filled, fields=tuple((name, value) for name, value in fields.items() if value))
