"""`desk customer new`, `set`: a customer's file is made or changed, one commit a change."""

from __future__ import annotations

import re
import unicodedata
from itertools import chain, count
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer
from helpdesk_cli.customers.finding import org_key
from helpdesk_cli.customers.keys import address_key
from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.customers import customers_in, find_who
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.side_files import SideFile, show_diff, write_side_files
from helpdesk_cli.errors import ConflictError, NotFoundError, UsageError
from helpdesk_cli.replies.names import full_name
from helpdesk_cli.storage import customer_files as files
from helpdesk_cli.storage.page_files import is_name
from helpdesk_cli.storage.settings import find_word, suggest
from helpdesk_cli.tickets.escapes import escape
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from helpdesk_cli.customers.customer import Organisation
    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.record import Door
    from helpdesk_cli.storage.customer_index import Customers
    from helpdesk_cli.storage.front_matter import Value
    from helpdesk_cli.tickets.person import Person

SETTABLE = ("name", "addresses", "phone", "account", "organisation", "tier", "vip", "tags")
ORGANISATION_SETTABLE = ("name", "domains", "phone", "account", "tier", "vip", "tags")
# What people say for a key.
_ALSO = {
    "address": "addresses",
    "email": "addresses",
    "org": "organisation",
    "domain": "domains",
    "tag": "tags",
}
_YES = {"yes": "yes", "true": "yes", "no": "no", "false": "no", "": ""}
_NO_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was made or changed: what was done in words ("" = nothing); for a dry run its diff."""

    path: str
    summary: str
    diff: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether anything was."""
        return bool(self.summary)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a file is to say: FIELD=VALUE as typed, and a note to add below."""

    assignments: tuple[tuple[str, str], ...] = ()
    note: str = ""


def new_customer(
    desk: Desk, person: Person, wish: Wish, *, actor: Actor, name: str = "", dry_run: bool = False
) -> Written:
    """Make the file of a person. `name` is that of the file; "" = made of the person's name or address.

    Raises ConflictError where the person has a file, UsageError for an unknown field or value.
    """
    with open_door(desk, actor, dry_run=dry_run) as door:
        customers = customers_in(desk, door.index)
        known = customers.found(person).customer
        if known:
            said = f"{person.email or person.phone} has a file already: {known}"
            raise ConflictError(said, "", f"`desk customer set {known} …` changes it.")
        start: dict[str, Value] = {
            "name": full_name(person.name) or person.name,
            "addresses": (person.email,) if person.email else (),
            "phone": (person.phone,) if person.phone else (),
        }
        values = _changed(desk, customers, start, wish, organisation=False, own="")
        file = name or _free_name(desk, str(values.get("name", "")), person.email)
        remarks = _remarks(customers, values)
        same = customers.named("name", org_key(str(values.get("name", ""))))
        remarks += [f"There is a customer of the same name: {', '.join(same)}."] if same else []
        return _create(door, file, values, wish, organisation=False, remarks=remarks)


def new_organisation(desk: Desk, name: str, wish: Wish, *, actor: Actor, dry_run: bool = False) -> Written:
    """Make the file `name` of an organisation. Raises ConflictError where there is one, UsageError."""
    with open_door(desk, actor, dry_run=dry_run) as door:
        customers = customers_in(desk, door.index)
        values = _changed(desk, customers, {}, wish, organisation=True, own="")
        return _create(door, name, values, wish, organisation=True, remarks=_remarks(customers, values))


def set_fields(desk: Desk, word: str, wish: Wish, *, actor: Actor, dry_run: bool = False) -> Written:
    """Change the file that `word` names; lists take `a,b`, or `+a,-b` to change them; "" clears a field.

    Raises NotFoundError where there is no file, UsageError for an unknown field or value, ConflictError where
    an address is somebody else's or a hand saved the file meanwhile.
    """
    with open_door(desk, actor, dry_run=dry_run) as door:
        customers = customers_in(desk, door.index)
        who = find_who(customers, word)
        file: Customer | Organisation | None = who.standing.customer
        if file is None and who.is_organisation:
            file = who.standing.organisation
        if file is None:
            said = f"no file speaks of {who.label}"
            raise NotFoundError(said, "", f"`desk customer new {who.person.email or 'ADDRESS'}` makes one.")
        if isinstance(file, Customer) and file.erased_at:
            raise NotFoundError(f"{file.id} was erased", "", "A stub stays, and nothing is added to it.")
        return _set(door, customers, file, wish)


def _set(door: Door, customers: Customers, file: Customer | Organisation, wish: Wish) -> Written:
    organisation = not isinstance(file, Customer)
    path = files.path_of(file.id, organisation=organisation)
    data, stat = files.load(door.desk.layout.root, path)
    before = _values(files.read(data, place=path))
    after = _changed(door.desk, customers, before, wish, organisation=organisation, own=file.id)
    changed = {key: after[key] for key in after if after[key] != before.get(key, "")}
    if not changed and not wish.note.strip():
        return Written(path, "")
    uid = file.uid or draw_id("customer", file.id)
    added: dict[str, Value] = {} if file.uid else {"uid": uid}
    written = files.change(data, {**added, **changed}, place=path, notes=_note(wish))
    told = [*sorted(changed), *(["note"] if wish.note.strip() else [])]
    # No names: what a commit says stays when a person is erased.
    summary = f"{_what(organisation=organisation)} {uid}: {', '.join(told)} changed"
    write_side_files(door, [SideFile(path, written, stat)], summary=summary)
    said = f"{path}: {', '.join(told)} changed"
    return Written(path, said, show_diff(door, path, data, written), tuple(_remarks(customers, changed)))


def _create(
    door: Door, name: str, values: dict[str, Value], wish: Wish, *, organisation: bool, remarks: list[str]
) -> Written:
    if not is_name(name) or "/" in name:
        hint = "Small letters, digits, `.`, `_` and `-`, such as acme or ada-lovelace."
        raise UsageError(f'"{name}" is no name for a file', "", hint)
    path = files.path_of(name, organisation=organisation)
    uid = draw_id("customer", name)
    data = files.write({"uid": uid, **values}, _note(wish), organisation=organisation)
    files.read(data, place=path)
    if door.desk.path(path).exists():
        raise ConflictError("there is such a file already", path, f"`desk customer show {name}` shows it.")
    summary = f"{_what(organisation=organisation)} {uid}: created by {door.actor.key}"
    write_side_files(door, [SideFile(path, data, None)], summary=summary)
    return Written(path, f"{path}: created", show_diff(door, path, b"", data), tuple(remarks))


def _note(wish: Wish) -> str:
    """What is added to the notes; control characters visible, as everywhere in files."""
    return escape(wish.note.replace("\r\n", "\n"), "\r")


def _what(*, organisation: bool) -> str:
    return "organisation" if organisation else "customer"


def _values(file: Customer | Organisation) -> dict[str, Value]:
    """What a file says, by the keys of the front matter that can be set."""
    vip = {None: "", True: "yes", False: "no"}[file.vip]
    values: dict[str, Value] = {
        "name": file.name,
        "phone": file.phones,
        "account": file.account,
        "tier": file.tier,
        "vip": vip,
        "tags": file.tags,
    }
    if isinstance(file, Customer):
        return {**values, "addresses": file.addresses, "organisation": file.organisation}
    return {**values, "domains": file.domains}


def _changed(
    desk: Desk,
    customers: Customers,
    values: dict[str, Value],
    wish: Wish,
    *,
    organisation: bool,
    own: str,
) -> dict[str, Value]:
    """The values with what is wished, each checked. `own` is the file that may have its addresses itself."""
    settable = ORGANISATION_SETTABLE if organisation else SETTABLE
    after = dict(values)
    for typed, text in wish.assignments:
        key = _ALSO.get(typed, typed)
        if key not in settable:
            raise UsageError(f'unknown field "{typed}"', "", suggest(typed, list(settable)))
        if key in files.LISTS:
            after[key] = _list(key, after.get(key, ()), text)
        else:
            after[key] = _text(desk, key, " ".join(text.split()))
    kind, key = ("domain", "domains") if organisation else ("address", "addresses")
    for item in after.get(key, ()):
        _check_free(customers, kind, item, own=own)
    return after


def _text(desk: Desk, key: str, text: str) -> str:
    if key == "tier" and text:
        return find_word(desk.settings, "customer.tier", text)
    if key == "vip":
        if text.casefold() not in _YES:
            raise UsageError(f'"{text}" is neither yes nor no', "vip", "Write vip=yes, vip=no or vip=.")
        return _YES[text.casefold()]
    return text


def _list(key: str, now: Value, text: str) -> tuple[str, ...]:
    """The items of `a,b`; of `+a,-b` those there were, with a and without b."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    # A telephone number begins with a plus itself.
    add = "++" if key == "phone" else "+"
    if not any(item.startswith((add, "-")) for item in items):
        return tuple(dict.fromkeys(items))
    gone = {item[1:].casefold() for item in items if item.startswith("-")}
    kept = [item for item in now if item.casefold() not in gone]
    fresh = [item[1:] if item.startswith(add) else item for item in items if not item.startswith("-")]
    return tuple(dict.fromkeys([*kept, *fresh]))


def _check_free(customers: Customers, kind: str, item: str, *, own: str) -> None:
    key = address_key(item) if kind == "address" else item.casefold()
    others = [name for name in customers.named(kind, key) if name != own]
    if others:
        said = f"{item} stands in another file: {others[0]}"
        raise ConflictError(said, "", "One address, one person: take it out there first.")


def _remarks(customers: Customers, values: dict[str, Value]) -> list[str]:
    named = str(values.get("organisation", ""))
    if named and not customers.named("org", org_key(named)):
        return [
            f'No organisation is called "{named}": `desk customer new --organisation NAME` makes its file.'
        ]
    return []


def _free_name(desk: Desk, name: str, address: str) -> str:
    """A name for the file that nobody has: ada-lovelace, ada-lovelace-2."""
    base = _slug(full_name(name) or name) or _slug(address.partition("@")[0])
    base = base if base not in {"", "readme", "organisations"} else "customer"
    names = chain((base,), (f"{base}-{number}" for number in count(2)))
    return next(each for each in names if not desk.path(files.path_of(each, organisation=False)).exists())


def _slug(text: str) -> str:
    plain = (
        unicodedata.normalize("NFKD", text.casefold().replace("ß", "ss")).encode("ascii", "ignore").decode()
    )
    return _NO_NAME.sub("-", plain).strip("-")[:_LONGEST_NAME].strip("-")
