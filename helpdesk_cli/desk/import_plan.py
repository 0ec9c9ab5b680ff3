"""What an import of another helpdesk's tickets needs, checked before the first of them is written."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk_cli.desk.import_files import read_export, read_table
from helpdesk_cli.desk.importing import census_of, lookup_of, make_plan
from helpdesk_cli.errors import InvalidFileError, NotFoundError, fault
from helpdesk_cli.storage.mapping_file import read_mapping
from helpdesk_cli.storage.samples import mapping_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.import_filing import Plan

_LARGEST = 1_000_000


def plan_import(
    desk: Desk,
    mapping: str,
    paths: list[Path],
    *,
    tables: Mapping[str, Path],
    files: str = "",
    tags: Iterable[str] = (),
) -> Plan:
    """The plan for these files. Raises DeskError with file and line for whatever is wrong with them."""
    text, place = _text_of(desk, mapping)
    found = read_mapping(text, place=place)
    zone = _zone(found.zone, found.place)
    rows = {name: read_table(path, lookup_of(found, name)) for name, path in tables.items()}
    census = census_of(found, zone)
    export = read_export(found, paths, census)
    folder = Path(files) if files else None
    return make_plan(found, export, zone=zone, tables=rows, census=census, files=folder, tags=tags)


def mapping_names(desk: Desk) -> list[str]:
    """The mappings that come with desk, and those of the desk's own folder `mappings/`."""
    own = [path.stem for path in sorted((desk.layout.root / "mappings").glob("*.yaml"))]
    return sorted({*own, *mapping_files()})


def _text_of(desk: Desk, name: str) -> tuple[str, str]:
    """(text, place) of a mapping: a file, one of the desk's own folder, one that comes with desk."""
    path = Path(name)
    if not (path.suffix or "/" in name):
        own = desk.layout.root / "mappings" / f"{name}.yaml"
        shipped = mapping_files()
        path = own if own.is_file() else shipped.get(name, own)
        if not path.is_file():
            known = ", ".join(mapping_names(desk))
            raise NotFoundError(
                f'there is no mapping "{name}"', "--mapping", f"There are {known}; or name a file."
            )
    try:
        data = path.read_bytes()[: _LARGEST + 1]
        return data.decode("utf-8-sig"), _place_of(desk, path)
    except UnicodeDecodeError:
        raise InvalidFileError("not UTF-8", str(path), "Save the file as UTF-8.") from None
    except FileNotFoundError:
        raise NotFoundError("there is no such file", str(path)) from None
    except IsADirectoryError:
        raise InvalidFileError("this is a folder", str(path), "Name the mapping's file in it.") from None
    except OSError as error:
        raise fault(error, path) from error


def _place_of(desk: Desk, path: Path) -> str:
    """What messages call it: from the desk's root where it lies in the desk."""
    own = desk.layout.root / "mappings"
    return f"mappings/{path.name}" if path.parent == own else str(path)


def _zone(name: str, place: str) -> tzinfo:
    try:
        zone: tzinfo = importlib.import_module("zoneinfo").ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise InvalidFileError(f'unknown time zone "{name}"', place, "Write one as Europe/Berlin.") from error
    return zone
