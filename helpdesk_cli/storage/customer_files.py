"""`customers/*.md`, `customers/organisations/*.md`: read strictly, changed line by line (docs/FORMAT.md)."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Customer, Organisation
from helpdesk_cli.customers.keys import address_key, phone_key
from helpdesk_cli.errors import InvalidFileError, fault
from helpdesk_cli.storage.folder import Stat, opened, read_file
from helpdesk_cli.storage.front_matter import (
    FrontMatter,
    Nested,
    Value,
    change_front_matter,
    new_front_matter,
    read_front_matter,
)
from helpdesk_cli.storage.page_files import is_name, parse_page
from helpdesk_cli.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from helpdesk_cli.storage.page_files import Page

FOLDER = "customers"
ORGANISATIONS = "customers/organisations"
FOLDERS = (FOLDER, ORGANISATIONS)
# The keys of each, in the order in which they are written.
CUSTOMER_KEYS = (
    *("uid", "name", "addresses", "phone", "account", "organisation", "tier", "vip", "tags", "erased", "by"),
)
ORGANISATION_KEYS = ("uid", "name", "domains", "phone", "account", "tier", "vip", "tags")
LISTS = frozenset({"addresses", "phone", "domains", "tags"})
LARGEST = 256 * 1024
_ENDING = ".md"
_ADDRESS = re.compile(r"[^\s<>\"\\,;()@]+@[^\s<>\"\\,;()@]+")
_DOMAIN = re.compile(r"(?=.{3,253}$)[^\s@./,;:]+(?:\.[^\s@./,;:]+)+")
_TAG = re.compile(r"[^\s,]{1,100}")
# A line of `=======` alone is a heading in Markdown.
_CONFLICT = re.compile(rb"^(?:<{7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)
_YES = {"yes": True, "true": True, "no": False, "false": False}

File = Customer | Organisation
Row = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """What lies in a folder: each file as (path from the desk's root, inode, size, mtime, ctime in ns).

    `odd`: names that can be no customer's. `mtime_ns`: the folder's own time, 0 where it is not there.
    """

    files: tuple[Row, ...] = ()
    odd: tuple[str, ...] = ()
    mtime_ns: int = 0


def is_organisation(path: str) -> bool:
    """Whether the file at that path from the desk's root is an organisation's."""
    return path.startswith(f"{ORGANISATIONS}/")


def id_of(path: str) -> str:
    """`ada-lovelace` of `customers/ada-lovelace.md`."""
    return path.rpartition("/")[2].removesuffix(_ENDING)


def path_of(name: str, *, organisation: bool) -> str:
    """The path of the file of that name, from the desk's root."""
    return f"{ORGANISATIONS if organisation else FOLDER}/{name}{_ENDING}"


def folder_time(root: Path, folder: str) -> int:
    """When a name last came to or went from that folder, in ns; 0 where it is not there."""
    try:
        return (root / folder).lstat().st_mtime_ns
    except OSError:
        return 0


def list_files(root: Path, folder: str) -> Listed:
    """The Markdown files in one of FOLDERS; none where it is missing. Raises InvalidFileError for a link."""
    files, odd = list[Row](), list[str]()
    mtime_ns = folder_time(root, folder)
    if not mtime_ns:
        return Listed()
    try:
        # By its descriptor: a path of several names for each of ten thousand files adds up.
        with opened(root / folder, root) as place, os.scandir(place) as entries:
            for entry in entries:
                name = entry.name
                if name[-3:] == _ENDING and is_name(name[:-3]):
                    at = entry.stat(follow_symlinks=False)
                    files.append((f"{folder}/{name}", at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns))
                elif _is_odd(entry, folder):
                    odd.append(f"{folder}/{os.fsencode(name).decode('utf-8', 'backslashreplace')}")
    except (FileNotFoundError, PermissionError) as error:
        raise fault(error, folder) from error
    except OSError as error:
        hint = "desk follows no links: put the folder itself here."
        raise InvalidFileError("is not a folder", folder, hint) from error
    return Listed(tuple(files), tuple(sorted(odd)), mtime_ns)


def _is_odd(entry: os.DirEntry[str], folder: str) -> bool:
    """Whether somebody may take it for a customer's file: other names ending in .md, and folders."""
    if entry.name.startswith(".") or entry.name.casefold() == "readme.md":
        return False
    is_folder = entry.is_dir(follow_symlinks=False)
    return f"{folder}/{entry.name}" != ORGANISATIONS and (is_folder or entry.name.endswith(_ENDING))


def load(root: Path, path: str) -> tuple[bytes, Stat]:
    """The bytes of a file and its stat. FileNotFoundError; InvalidFileError for a link or a large one."""
    try:
        return read_file(root / path, within=root, limit=LARGEST)
    except InvalidFileError as error:
        raise InvalidFileError(error.message, path, "A customer's file is text of at most 256 kB.") from None


def stat_of(root: Path, path: str) -> Stat:
    """The stat of a file that cannot be read."""
    try:
        return Stat.of((root / path).lstat())
    except OSError:
        return Stat(0, 0, 0, 0)


def read(data: bytes, *, place: str) -> File:
    """What the file at `place` (a path from the desk's root) says. Raises InvalidFileError with the line."""
    if conflict := _CONFLICT.search(data):
        line = data.count(b"\n", 0, conflict.start()) + 1
        hint = "Keep one side and take out the lines that git put there."
        raise InvalidFileError("git left a conflict in this file", f"{place}:{line}", hint)
    page = parse_page(data, place=place)
    if not page.lines:
        hint = "It begins with `---`, then `name:` and `addresses:`, then `---` again."
        raise InvalidFileError("this file has no front matter", f"{place}:1", hint)
    return _organisation(page) if is_organisation(place) else _customer(page)


def _customer(page: Page) -> Customer:
    place = page.place
    if page.text("erased"):
        return Customer(id_of(place), uid=page.text("uid"), erased_at=page.text("erased"))
    addresses = _each(page, "addresses", _ADDRESS, "is no address", "Write ada@example.com.")
    for address in addresses:
        if not address_key(address):
            raise InvalidFileError(f'"{address}" is no address', _where(page, "addresses"))
    found = Customer(
        id_of(place),
        page.text("name"),
        addresses,
        _phones(page),
        page.text("account"),
        page.text("organisation"),
        page.text("tier"),
        _vip(page),
        _tags(page),
        page.text("uid"),
        "",
        page.body.strip("\n"),
        _other(page, CUSTOMER_KEYS),
    )
    if not (found.name or found.addresses or found.phones):
        raise InvalidFileError(
            "nobody is named here", f"{place}:1", "Write `name:`, `addresses:` or `phone:`."
        )
    return found


def _organisation(page: Page) -> Organisation:
    domains = _each(page, "domains", _DOMAIN, "is no domain", "Write example.com, without @ and spaces.")
    return Organisation(
        id_of(page.place),
        page.text("name"),
        tuple(domain.casefold() for domain in domains),
        _phones(page),
        page.text("account"),
        page.text("tier"),
        _vip(page),
        _tags(page),
        page.text("uid"),
        page.body.strip("\n"),
        _other(page, ORGANISATION_KEYS),
    )


def _each(page: Page, key: str, pattern: re.Pattern[str], said: str, hint: str) -> tuple[str, ...]:
    found = page.texts(key)
    for item in found:
        if not pattern.fullmatch(item):
            raise InvalidFileError(f'"{item}" {said}', _where(page, key), hint)
    return tuple(dict.fromkeys(found))


def _phones(page: Page) -> tuple[str, ...]:
    found = page.texts("phone")
    for item in found:
        if not phone_key(item):
            raise InvalidFileError(
                f'"{item}" is no telephone number', _where(page, "phone"), "Write +49 30 1234."
            )
    return tuple(dict.fromkeys(found))


def _tags(page: Page) -> tuple[str, ...]:
    found = page.texts("tags")
    for item in found:
        if not _TAG.fullmatch(item):
            raise InvalidFileError(f'"{item}" is no tag', _where(page, "tags"), "A tag is one word.")
    return tuple(sorted(set(found)))


def _vip(page: Page) -> bool | None:
    said = page.text("vip")
    if said and said.casefold() not in _YES:
        raise InvalidFileError(f'"{said}" is neither yes nor no', _where(page, "vip"), "Write `vip: yes`.")
    return _YES.get(said.casefold())


def _other(page: Page, known: tuple[str, ...]) -> tuple[tuple[str, Value], ...]:
    """Keys of a hand's own; the words of what is nested are kept as text."""
    return tuple(
        (key, str(value) if isinstance(value, Nested) else value)
        for key, value in page.values.items()
        if key not in known
    )


def _where(page: Page, key: str) -> str:
    return f"{page.place}:{page.lines.get(key, 1)}"


@dataclass(frozen=True, slots=True)
class Parts:
    """A file divided, each part as it lies: the `---` that opens it, what is between, the `---`, the notes.

    `newline` is how the first line ends.
    """

    opening: str
    block: FrontMatter
    closing: str
    notes: str
    newline: str

    @property
    def head(self) -> str:
        """All above the notes."""
        return "".join([self.opening, *self.block.lines, self.closing])


def parts(data: bytes, *, place: str) -> Parts:
    """The parts of the file. Raises InvalidFileError where it cannot be read."""
    read(data, place=place)
    lines = data.decode().splitlines(keepends=True)
    end = next(number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    block = read_front_matter(lines[1:end], place=place)
    newline = "\r\n" if lines[0].endswith("\r\n") else "\n"
    return Parts(lines[0], block, lines[end], "".join(lines[end + 1 :]), newline)


def write(values: Mapping[str, Value], notes: str = "", *, organisation: bool) -> bytes:
    """A new file with these values and notes."""
    keys = ORGANISATION_KEYS if organisation else CUSTOMER_KEYS
    lines = new_front_matter({key: values.get(key, "") for key in keys}).lines
    body = f"\n{notes.strip()}\n" if notes.strip() else ""
    return "".join(["---\n", *lines, "---\n", body]).encode()


def change(data: bytes, changed: Mapping[str, Value], *, place: str, notes: str = "") -> bytes:
    """The file with these keys rewritten ("" and () remove one) and `notes` added below; all else as it was.

    Raises InvalidFileError where the file cannot be read.
    """
    found = parts(data, place=place)
    newline, keys = found.newline, ORGANISATION_KEYS if is_organisation(place) else CUSTOMER_KEYS
    middle = change_front_matter(found.block, changed, keys, newline=newline)
    after = "".join([found.opening, *middle, found.closing, found.notes])
    if notes.strip():
        after = after.rstrip("\r\n") + newline * 2 + notes.strip().replace("\n", newline) + newline
    written = after.encode()
    read(written, place=place)
    return written
