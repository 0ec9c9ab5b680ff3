"""The one table of a ticket's front matter: key in the file, name in JSON, shape, in file order."""

from __future__ import annotations

from typing import Literal

from helpdesk_cli.values import dataclass

Shape = Literal["text", "list", "person", "people", "time"]


@dataclass(frozen=True, slots=True)
class Field:
    """A front matter key. `tracked` fields have a history of events and are changed by `desk set`."""

    key: str
    json: str
    attribute: str
    shape: Shape = "text"
    tracked: bool = True


FIELDS: tuple[Field, ...] = (
    Field("id", "id", "id", tracked=False),
    Field("uid", "uid", "uid", tracked=False),
    Field("subject", "subject", "subject"),
    Field("status", "status", "status"),
    Field("priority", "priority", "priority"),
    Field("category", "category", "category"),
    Field("type", "type", "type"),
    Field("product", "product", "product"),
    Field("team", "team", "team"),
    Field("assignee", "assignee", "assignee"),
    Field("inbox", "inbox", "inbox"),
    Field("channel", "channel", "channel"),
    Field("requester", "requester", "requester", "person"),
    Field("cc", "cc", "cc", "people"),
    Field("tags", "tags", "tags", "list"),
    Field("created", "created_at", "created_at", "time", tracked=False),
    Field("links", "links", "links", "list"),
    Field("merged-into", "merged_into", "merged_into"),
    Field("snoozed-until", "snoozed_until", "snoozed_until"),
    Field("snooze-on-reply", "snooze_on_reply", "snooze_on_reply"),
    Field("formerly", "formerly", "formerly", "list", tracked=False),
)
BY_KEY = {field.key: field for field in FIELDS}
SCALARS = tuple(field.key for field in FIELDS if field.tracked and field.shape in {"text", "person"})
LISTS = tuple(field.key for field in FIELDS if field.tracked and field.shape in {"list", "people"})
