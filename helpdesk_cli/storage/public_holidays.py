"""The public holidays of countries and regions, by the library `holidays`; a copy spares its import.

The library costs 100 ms, so that it is imported only where a year is asked that the copy has not. The copy,
`.git/desk/holidays.copy`, is believed for the very library that it was made with, and may be deleted.
"""

from __future__ import annotations

import importlib
import importlib.util
import marshal
import os
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from helpdesk_cli.errors import DeskError
from helpdesk_cli.storage import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from helpdesk_cli.sla.calendar import Holidays
    from helpdesk_cli.storage.layout import Layout

LIBRARY = "holidays"
REGION = re.compile(r"([A-Z]{2})(?:-([A-Za-z0-9]{1,20}))?")
# The library knows no more; a clock that runs beyond has no holidays there.
_FIRST, _LAST = 1900, 2100


class PublicHolidays:
    """The holidays of every region that is asked for; with a layout, remembered in its copy."""

    def __init__(self, layout: Layout | None = None) -> None:
        """Nothing is read before it is asked for."""
        self._layout = layout
        self._known: dict[str, dict[str, str]] | None = None
        self._years: dict[tuple[tuple[str, ...], int], dict[date, str]] = {}

    def problem(self, region: str) -> tuple[str, str] | None:
        """(what is wrong, remedy) with the name of a region: `DE`, `DE-BE`; None for one that is known."""
        match = REGION.fullmatch(region)
        if match is None:
            return f'"{region}" is no region', "Write a country as DE, or with its region as DE-BE."
        if any(key.startswith(f"{region} ") for key in self._copy()):
            return None
        countries: dict[str, list[str]] = _library().list_supported_countries(include_aliases=True)
        country, part = match.groups()
        if country not in countries:
            return f'no holidays of a country "{country}" are known', "Write its two letters of ISO 3166."
        if part and part not in countries[country]:
            known = ", ".join(f"{country}-{each}" for each in countries[country])
            return f'{country} has no region "{part}"', f"Known: {known or country}."
        return None

    def of(self, regions: tuple[str, ...]) -> Holidays | None:
        """What gives the holidays of all these regions by year; None for no regions."""
        if not regions:
            return None

        def in_year(year: int) -> Mapping[date, str]:
            key = (regions, year)
            if key not in self._years:
                found: dict[date, str] = {}
                for region in reversed(regions):
                    found |= self._in_year(region, year)
                self._years[key] = found
            return self._years[key]

        return in_year

    def _in_year(self, region: str, year: int) -> dict[date, str]:
        if not _FIRST <= year <= _LAST:
            return {}
        known, key = self._copy(), f"{region} {year}"
        if key not in known:
            known[key] = _ask(region, year)
            self._keep(known)
        return {date.fromisoformat(day): name for day, name in known[key].items()}

    def _copy(self) -> dict[str, dict[str, str]]:
        if self._known is None:
            self._known = _read_copy(self._layout.state / "holidays.copy") if self._layout else {}
        return self._known

    def _keep(self, known: dict[str, dict[str, str]]) -> None:
        layout = self._layout
        if layout is None or not layout.state.is_dir():
            return
        data = marshal.dumps((_stamp(), known))
        try:
            durable.replace(
                layout.state / "holidays.copy", data, within=layout.state, modes=layout.modes, sync=False
            )
        except DeskError:
            # A reader without write permission asks the library each time.
            return


def _read_copy(path: Path) -> dict[str, dict[str, str]]:
    try:
        stamp, known = marshal.loads(path.read_bytes())  # noqa: S302 - written by desk itself, as settings.copy
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    return known if stamp == _stamp() and isinstance(known, dict) else {}


def _stamp() -> tuple[str, int, int]:
    """What the installed library is, known without its import."""
    spec = importlib.util.find_spec(LIBRARY)
    place = spec.origin if spec and spec.origin else ""
    if not place:
        return ("", 0, 0)
    # `version.py` differs in every release.
    stat = os.stat(os.path.join(os.path.dirname(place), "version.py"))  # noqa: PTH116, PTH118, PTH120 - as above, cheap
    return (place, stat.st_size, stat.st_mtime_ns)


def _library() -> Any:  # noqa: ANN401 - the module itself
    return importlib.import_module("holidays")


def _ask(region: str, year: int) -> dict[str, str]:
    """Day and name of each public holiday, those that are observed on another day on that one too."""
    country, _, part = region.partition("-")
    library = _library()
    made = library.country_holidays(country, subdiv=part or None, years=year)
    if "en_US" in made.supported_languages:
        # The same names whatever the locale of whoever runs this.
        made = library.country_holidays(country, subdiv=part or None, years=year, language="en_US")
    return {day.isoformat(): str(name) for day, name in sorted(made.items())}
