"""Synthetic support mail, the same for the same seed: what the benchmarks feed to desk and its peers.

About 4 KB a mail: three in ten answer an earlier one and quote it, a third also have HTML, one in
ten a small attachment; signatures, seven languages, old and new charsets, every transfer encoding.

    python benchmarks/mails.py --count 1000 --as maildir DIR
"""

from __future__ import annotations

import argparse
import base64
import html
import random
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from quopri import encodestring
from typing import TYPE_CHECKING

from phrases import DOMAINS, LANGUAGES, NAMES, PLACES, THINGS, Language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["ADDRESS", "Mail", "make_mails", "write_files", "write_maildir", "write_mbox"]

ADDRESS = "support@desk.example"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
REPLIES = 0.30
WITH_HTML = 0.35
WITH_ATTACHMENT = 0.10
ANSWERS_BELOW = 0.15  # of the replies; the others write above what they quote
WITH_SIGNATURE = 0.60
OLD_CHARSET = 0.30
QUOTED_LINES = 60
OPEN_THREADS = 200  # people answer recent threads, not those of a year ago


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as an MTA hands it over: Unix line ends, no mbox "From " line."""

    message_id: str  # without < >
    sender: str
    is_reply: bool
    raw: bytes


@dataclass(slots=True)
class Thread:
    """One customer's conversation as it has gone so far."""

    name: str
    email: str
    language: Language
    subject: str
    message_ids: list[str] = field(default_factory=list)
    last_text: str = ""
    last_date: str = ""


def make_mails(count: int, *, seed: int = 1, replies: float = REPLIES) -> Iterator[Mail]:
    """`count` mails, that share of them `replies`; the first n of a longer run are the n of a shorter one."""
    rng = random.Random(seed)  # noqa: S311 -- reproducible test data, nothing secret
    threads: list[Thread] = []
    at = START
    for number in range(count):
        at += timedelta(seconds=rng.randint(60, 900))
        is_reply = bool(threads) and rng.random() < replies
        if is_reply:
            thread = rng.choice(threads)
        else:
            thread = start_thread(rng)
            threads.append(thread)
            del threads[:-OPEN_THREADS]
        yield write_mail(rng, thread, at, number=number, is_reply=is_reply)


def start_thread(rng: random.Random) -> Thread:
    """A new customer with a new matter."""
    language = rng.choices(LANGUAGES, weights=[each.weight for each in LANGUAGES])[0]
    name = rng.choice(NAMES)
    local = "".join(char for char in name.lower().replace(" ", ".") if char.isascii() and char != "'")
    email = f"{local}.{rng.randint(1, 9999)}@{rng.choice(DOMAINS)}"
    return Thread(name, email, language, fill(rng, rng.choice(language.subjects)))


def fill(rng: random.Random, sentence: str) -> str:
    """The sentence with its slots filled, so that no two mails hold the same words."""
    return sentence.format(
        thing=rng.choice(THINGS),
        place=rng.choice(PLACES),
        n=rng.randint(2, 99999),
        code="".join(rng.choices("ABCDEFGHKLMNPRSTUVWXYZ", k=3)) + f"-{rng.randint(10000, 9999999)}",
    )


def write_mail(rng: random.Random, thread: Thread, at: datetime, *, number: int, is_reply: bool) -> Mail:
    """The thread's next mail; the thread remembers it."""
    date = format_datetime(at)
    message_id = f"{number:06d}.{rng.getrandbits(64):016x}@{thread.email.partition('@')[2]}"
    new_text = write_text(rng, thread)
    quoted = quote(thread) if is_reply else ""
    signature = write_signature(rng, thread)
    below = is_reply and rng.random() < ANSWERS_BELOW
    text = quoted.lstrip("\n") + "\n" + new_text + signature if below else new_text + signature + quoted
    subject = f"Re: {thread.subject}" if is_reply else thread.subject
    headers = [
        f"Return-Path: <{thread.email}>",
        *received(rng, at, thread.email),
        sign(rng, thread.email),
        f"From: {encode_phrase(thread.name)} <{thread.email}>",
        f"To: Support <{ADDRESS}>",
        f"Subject: {encode_phrase(subject)}",
        f"Date: {date}",
        f"Message-ID: <{message_id}>",
    ]
    if is_reply:
        headers.append(f"In-Reply-To: <{thread.message_ids[-1]}>")
        headers.append("References: " + "\n ".join(f"<{each}>" for each in thread.message_ids[-10:]))
    headers += ["MIME-Version: 1.0", "User-Agent: Mailer 2.4 (X11; Linux x86_64)"]
    body = write_body(rng, thread.language, text)
    thread.message_ids.append(message_id)
    thread.last_text, thread.last_date = text, date
    return Mail(message_id, thread.email, is_reply, ("\n".join(headers) + "\n").encode() + body)


def write_text(rng: random.Random, thread: Thread) -> str:
    """What the customer newly writes: greeting, paragraphs, closing."""
    language = thread.language
    paragraphs = [
        " ".join(fill(rng, each) for each in rng.sample(language.sentences, k=rng.randint(3, 6)))
        for _ in range(rng.randint(2, 5))
    ]
    lines = [rng.choice(language.greetings), *paragraphs, f"{rng.choice(language.closings)}\n{thread.name}"]
    return "\n\n".join(wrap(each) for each in lines) + "\n"


def wrap(paragraph: str, width: int = 72) -> str:
    """The paragraph broken at spaces (text without spaces stays long, as it does in real mail)."""
    lines: list[str] = []
    for given in paragraph.split("\n"):
        line = ""
        for word in given.split(" "):
            if line and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    return "\n".join(lines)


def write_signature(rng: random.Random, thread: Thread) -> str:
    """Four lines below "-- ", or none."""
    if rng.random() >= WITH_SIGNATURE:
        return ""
    return (
        f"\n-- \n{thread.name}\n{rng.choice(PLACES)} Trading Ltd.\n"
        f"Phone +00 {rng.randint(100, 999)} {rng.randint(100000, 9999999)}\n{thread.email}\n"
    )


def quote(thread: Thread) -> str:
    """The thread's last text as mail programs quote it below an answer."""
    intro = thread.language.wrote.format(date=thread.last_date, name=f"{thread.name} <{thread.email}>")
    lines = thread.last_text.rstrip("\n").split("\n")[:QUOTED_LINES]
    return f"\n{intro}\n" + "".join(f">{line}\n" if line[:1] == ">" else f"> {line}\n" for line in lines)


def received(rng: random.Random, at: datetime, email: str) -> list[str]:
    """Two hops, newest first."""
    domain = email.partition("@")[2]
    hops = []
    for by, seen in (("mx.desk.example", at + timedelta(seconds=2)), (f"smtp.{domain}", at)):
        hops.append(
            f"Received: from smtp.{domain} (smtp.{domain} [192.0.2.{rng.randint(1, 254)}])\n"
            f"\tby {by} (Postfix) with ESMTPS id {rng.getrandbits(40):010X}\n"
            f"\tfor <{ADDRESS}>; {format_datetime(seen)}"
        )
    return hops


def sign(rng: random.Random, email: str) -> str:
    """A DKIM signature in shape, not in truth."""
    return (
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={email.partition('@')[2]}; s=mail;\n"
        f" h=from:to:subject:date:message-id; bh={noise(rng, 32)};\n b={noise(rng, 48)}\n {noise(rng, 48)}"
    )


def noise(rng: random.Random, size: int) -> str:
    """Base64 of `size` random bytes."""
    return base64.b64encode(rng.randbytes(size)).decode()


def encode_phrase(text: str) -> str:
    """Header text: as it is when ASCII, else RFC 2047 encoded words of at most 75 characters."""
    if text.isascii():
        return f'"{text}"' if "'" in text else text
    words = [text[start : start + 12] for start in range(0, len(text), 12)]
    return "\n ".join(f"=?utf-8?B?{base64.b64encode(word.encode()).decode()}?=" for word in words)


def write_body(rng: random.Random, language: Language, text: str) -> bytes:
    """Content headers, empty line and content."""
    body = text_part(rng, language, "text/plain", text)
    if rng.random() < WITH_HTML:
        paragraphs = "".join(
            f'<p class="MsoNormal">{html.escape(each)}</p>\n'.replace("\n&gt; ", "<br>\n&gt; ")
            for each in text.split("\n\n")
        )
        page = f'<html><head></head><body lang="{language.code}">\n{paragraphs}</body></html>\n'
        body = multipart(rng, "alternative", [body, text_part(rng, language, "text/html", page)])
    if rng.random() < WITH_ATTACHMENT:
        body = multipart(rng, "mixed", [body, attachment(rng)])
    return body


def text_part(rng: random.Random, language: Language, kind: str, text: str) -> bytes:
    """A text part in UTF-8 or the language's older charset, in one of the transfer encodings."""
    charset = language.charset if rng.random() < OLD_CHARSET else "utf-8"
    try:
        content = text.encode(charset)
    except UnicodeEncodeError:
        charset, content = "utf-8", text.encode()
    if content.isascii():
        encoding = "7bit"
    else:
        encoding = rng.choice(("8bit", "quoted-printable", "quoted-printable", "base64"))
        if encoding == "quoted-printable":
            content = encodestring(content)
        elif encoding == "base64":
            content = base64.encodebytes(content)
    head = f"Content-Type: {kind}; charset={charset}\nContent-Transfer-Encoding: {encoding}\n\n"
    return head.encode() + content


def multipart(rng: random.Random, subtype: str, parts: list[bytes]) -> bytes:
    """The parts between a boundary of their own."""
    boundary = f"=_{rng.getrandbits(64):016x}"
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\n\n'
    inner = b"".join(b"--%s\n%s\n" % (boundary.encode(), part) for part in parts)
    return head.encode() + inner + f"--{boundary}--\n".encode()


def attachment(rng: random.Random) -> bytes:
    """A log, a table or a picture of 1 to 3 kB."""
    number = rng.randint(1, 999)
    name, kind = rng.choice(
        (
            (f"router-{number}.log", "text/plain"),
            (f"orders-{number}.csv", "text/csv"),
            (f"IMG_{number:04d}.png", "image/png"),
        )
    )
    if kind == "image/png":
        content = picture(rng)
    else:
        content = b"".join(b"%06d;%08x;link down\n" % (row, rng.getrandbits(32)) for row in range(60))
    head = (
        f'Content-Type: {kind}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\n'
        "Content-Transfer-Encoding: base64\n\n"
    )
    return head.encode() + base64.encodebytes(content)


def picture(rng: random.Random) -> bytes:
    """A valid PNG of 24 by 24 random colours."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    rows = b"".join(b"\0" + rng.randbytes(24 * 3) for _ in range(24))
    size = (24).to_bytes(4) * 2 + bytes([8, 2, 0, 0, 0])
    chunks = (b"IHDR", size), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, content) for kind, content in chunks)


def write_files(folder: Path, mails: Iterable[Mail]) -> None:
    """One .eml a mail."""
    folder.mkdir(parents=True)
    for number, mail in enumerate(mails):
        (folder / f"{number:06d}.eml").write_bytes(mail.raw)


def write_maildir(folder: Path, mails: Iterable[Mail]) -> None:
    """A Maildir with everything read, in `cur`, in the order of the file names."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    for number, mail in enumerate(mails):
        (folder / "cur" / f"{1767600000 + number}.M{number:06d}P1.desk.example:2,S").write_bytes(mail.raw)


def write_mbox(path: Path, mails: Iterable[Mail]) -> None:
    """An mbox of the mboxrd kind."""
    with path.open("wb") as file:
        for mail in mails:
            file.write(f"From {mail.sender} Mon Jan  5 08:00:00 2026\n".encode())
            for line in mail.raw.splitlines(keepends=True):
                file.write(b">" + line if line.lstrip(b">").startswith(b"From ") else line)
            file.write(b"\n")


def main() -> None:
    """Write mails where the command line says."""
    parser = argparse.ArgumentParser(description="Write synthetic support mail.")
    parser.add_argument("target", type=Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--as", dest="form", choices=("files", "maildir", "mbox"), default="maildir")
    options = parser.parse_args()
    write = {"files": write_files, "maildir": write_maildir, "mbox": write_mbox}[options.form]
    write(options.target, make_mails(options.count, seed=options.seed))


if __name__ == "__main__":
    main()
