"""What can be wrong with a mail, in the fixed words of `Incoming.problems`."""

from __future__ import annotations

PROBLEMS: dict[str, str] = {
    "unparsed": "could not be parsed; only its plain headers and a piece of it were read",
    "too-big": "larger than what is parsed; only its headers were read",
    "too-deep": "parts nested deeper than what is parsed",
    "empty": "holds nothing at all",
    "no-headers": "has no headers",
    "headers-mended": "had lines among its headers that are none",
    "headers-cut": "has more header text than what is read",
    "parts-cut": "has more parts than what is read",
    "addresses-cut": "has more addresses than what is read",
    "subject-cut": "has a longer subject than what is read",
    "text-cut": "has more text than what is shown; all of it is attached",
    "utf-16": "came as UTF-16",
    "several-from": "names several senders",
    "bad-date": "has a date that is none",
    "ambiguous-mime": "says two things about one part",
    "boundary-guessed": "does not say what separates its parts; it was guessed",
    "damaged-encoding": "has a part whose transfer encoding is damaged",
    "unknown-charset": "names a character set that is not known",
    "charset-repaired": "is not in the character set that it names",
    "undecodable": "has bytes that are no text in its character set",
    "html-unread": "has HTML that could only be stripped of its tags",
    "tnef-unread": "has a winmail.dat that could not be opened whole",
}
