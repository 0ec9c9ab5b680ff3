"""The text of an answer as typed: fit to be sent, and signed once."""

from __future__ import annotations

from helpdesk_cli.errors import UsageError

SIGNATURE_MARK = "-- "


def check_text(text: str, *, place: str) -> str:
    """The text as it is. Raises UsageError where bytes in it were no UTF-8: nobody knows what they meant."""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if "\ufffd" in line or any("\ud800" <= char <= "\udfff" for char in line):
            raise UsageError(f"line {number} is not UTF-8", place, "Save it as UTF-8, or write it anew.")
    return text


def signed(text: str, signature: str) -> str:
    """The text with the agent's signature below it, unless it has one or there is none."""
    if not signature or SIGNATURE_MARK in text.split("\n") or signature.strip() in text:
        return text
    return f"{text.rstrip()}\n\n{SIGNATURE_MARK}\n{signature.strip()}\n"


def clean_body(text: str) -> str:
    """Typed text with LF line ends, no blank lines around it and no blanks at line ends; "" for none.

    The blank of `-- ` stays, by which mail programs know a signature (RFC 3676 section 4.3).
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = (line if line == SIGNATURE_MARK else line.rstrip() for line in lines)
    body = "\n".join(kept).strip("\n")
    return f"{body}\n" if body else ""


def said_in(text: str) -> str:
    """What the text says above its signature."""
    lines = clean_body(text).split("\n")
    end = lines.index(SIGNATURE_MARK) if SIGNATURE_MARK in lines else len(lines)
    return "\n".join(lines[:end]).strip()
