"""A commit that a person names, when it was made, and what desk.yaml and sla.yaml said in it."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.sla.policies import Sla
from helpdesk_cli.storage import git
from helpdesk_cli.storage.public_holidays import PublicHolidays
from helpdesk_cli.storage.sla_calendars import with_always
from helpdesk_cli.storage.sla_file import NAME as SLA
from helpdesk_cli.storage.sla_file import read_sla, text_of

if TYPE_CHECKING:
    from helpdesk_cli.storage.layout import Layout
    from helpdesk_cli.storage.settings import Settings


def find_commit(layout: Layout, word: str) -> str:
    """The full name of the commit that git knows by this word; "" where it knows none."""
    if not word.isprintable():
        return ""
    args = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{word}^{{commit}}"]
    code, out, _ = git.Running(layout, args).result()
    return out.decode().strip() if code == 0 else ""


def time_of(layout: Layout, commit: str) -> datetime:
    """When the commit was made, by its committer."""
    said = git.run(layout, ["log", "-1", "--no-show-signature", "--format=%ct", commit]).decode().strip()
    return datetime.fromtimestamp(int(said), UTC)


def last_before(layout: Layout, moment: datetime) -> str:
    """The last commit of this branch that was made by then; "" for none."""
    args = ["rev-list", "-1", f"--before={int(moment.timestamp())}", "HEAD"]
    code, out, _ = git.Running(layout, args).result()
    return out.decode().strip() if code == 0 else ""


def content(layout: Layout, commit: str, path: str) -> bytes | None:
    """The bytes of a file of the desk in that commit; None where it was not there."""
    code, out, _ = git.Running(layout, ["cat-file", "blob", f"{commit}:{layout.prefix}{path}"]).result()
    return out if code == 0 else None


def settings_of(layout: Layout, commit: str) -> Settings:
    """What desk.yaml said in that commit. Raises InvalidFileError."""
    place = f"{layout.config.name}@{commit[:12]}"
    data = content(layout, commit, layout.config.name)
    if data is None:
        raise InvalidFileError("there was no desk yet", place, "Name a later commit.")
    reader = importlib.import_module("helpdesk_cli.storage.settings_file")
    try:
        settings: Settings = reader.read_settings(data.decode("utf-8-sig"), place=place)
    except UnicodeDecodeError:
        raise InvalidFileError("not UTF-8", place, "Name another commit.") from None
    return settings


def sla_of(layout: Layout, commit: str, settings: Settings) -> Sla:
    """What sla.yaml said in that commit; nothing where there was none. Raises InvalidFileError."""
    data = content(layout, commit, SLA)
    place = f"{SLA}@{commit[:12]}"
    text = "" if data is None else text_of(data, place=place)
    if not text.strip():
        return Sla(with_always(()))
    return read_sla(text, settings, place=place, holidays=PublicHolidays(layout))
