"""Files to send along: read whole, named harmlessly, within what mail takes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.desk.show import attachment_content
from helpdesk_cli.errors import NotFoundError, UsageError
from helpdesk_cli.mail.filenames import safe_name
from helpdesk_cli.mail.letter import File

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.reply_plan import Plan

_UNKNOWN = "application/octet-stream"


def enclose(desk: Desk, paths: list[Path]) -> tuple[File, ...]:
    """The files at these paths. Raises NotFoundError for what cannot be read, UsageError for too much."""
    files = []
    left = desk.settings.message_limit
    for number, path in enumerate(paths, 1):
        try:
            if path.is_dir():
                raise UsageError("is a folder", str(path), "Pack it into one file first.")
            # Asked first: a device, or a file of many gigabytes, is not read to find out.
            if path.exists() and not path.is_file():
                raise UsageError("is not a file", str(path))
            left -= path.stat().st_size
            content = path.read_bytes() if left >= 0 else b""
        except OSError as error:
            raise NotFoundError(f"cannot be read: {(error.strerror or '').lower()}", str(path)) from error
        check_room(desk, left, place=str(path))
        files.append(_file(path.name, content, number))
    return tuple(files)


def enclosed_in(desk: Desk, plan: Plan) -> tuple[File, ...]:
    """The files of the message that a plan forwards. Raises NotFoundError where one lies on another host."""
    message = plan.answered
    if message is None or not message.attachments:
        return ()
    number = next(count for count, entry in plan.ticket.numbered if entry.id == message.id)
    word = f"{plan.ticket.number}.{number}"
    found = [attachment_content(desk, word, place) for place in range(1, len(message.attachments) + 1)]
    check_room(desk, desk.settings.message_limit - sum(len(content) for _, content in found), place=word)
    return tuple(File(file.filename, file.content_type, content) for file, content in found)


def check_room(desk: Desk, left: int, *, place: str) -> None:
    """Raises UsageError where `left`, what remains of the limit for a mail, is negative."""
    if left < 0:
        limit = desk.settings.message_limit // 1_000_000
        raise UsageError(
            f"too much for one mail: {limit} MB is the limit",
            place,
            "Put it where it can be fetched, or raise `limits: message:` in desk.yaml.",
        )


def _file(name: str, content: bytes, number: int) -> File:
    # 6 ms of imports, for mail with files.
    guessed = importlib.import_module("mimetypes").guess_type(name, strict=False)
    content_type = _UNKNOWN if guessed[1] or not guessed[0] else str(guessed[0])
    return File(safe_name(name, content_type, number), content_type, content)
