"""What a mail server's log says it did with mail: Postfix, Exim, sendmail, and procmail's own log.

Read line by line, plain or gzipped. The lines are those that Postfix 3.7, Exim 4.96, sendmail 8.17 and
procmail 3.22 write, by themselves or behind a syslog prefix, old (`Nov 20 09:12:41`) or new (RFC 3339).
"""

from __future__ import annotations

import gzip
import re
import zlib
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, TYPE_CHECKING, Final, Literal, cast

from helpdesk_cli.errors import InvalidFileError, NotFoundError, fault
from helpdesk_cli.values import dataclass, field, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# What became of a mail for one recipient: handed over, put off, given back or thrown away.
State = Literal["sent", "deferred", "bounced"]

_SYSLOG: Final = re.compile(
    r"(?P<at>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ ]{0,16})"
    r" (?P<host>\S+) (?P<program>[^\s:\[]{1,60})(?:\[\d{1,10}\])?: (?P<text>.*)"
)
_EXIM: Final = re.compile(
    r"(?:(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: [+-]\d{4})? (?:\[\d{1,10}\] )?)?"
    r"(?P<id>[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})"
    r" (?P<what><=|=>|->|>>|==|\*\*|Completed)(?: (?P<rest>.*))?"
)
_QUEUED: Final = re.compile(r"(?P<id>[0-9A-Za-z]{5,24}): (?P<rest>.*)")
_PAIR: Final = re.compile(r"(?:^|, )([a-z_-]{2,20})=(<[^>]*>|\"[^\"]*\"|[^,\s]*)")
_POSTFIX_STATE: Final = re.compile(r"\bstatus=([a-z]+)(?: \((.*)\)|, .*)?")
_SENDMAIL_STATE: Final = re.compile(r"\bstat=(.*)")
_PROCMAIL_FROM: Final = re.compile(r"From (\S+) +\S.*")
_PROCMAIL_FOLDER: Final = re.compile(r" {2}Folder: +(.*?)\t+ *(\d+)")
_LATER: Final = ("Deferred", "queued", "Please try again later", "I/O error", "Service unavailable")
_LONGEST: Final = 64 * 1024
# Until a time is found by which logs are put in order.
_LOOKED_THROUGH: Final = 1000
_SYSLOGS: Final = 3  # words of `Nov 20 09:12:41`
_DAY: Final = 86400
_LEAP: Final = 5  # so many years back there was a 29 February, but for 2100
_STATES: Final[dict[str, State]] = {
    "sent": "sent",
    "deferred": "deferred",
    "bounced": "bounced",
    "expired": "bounced",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One mail for one recipient, and what the mail server did with it.

    `message_id` is bare, "" where the log has none; `queue_id` is the server's own name of the mail; `above`
    the `From ` line that procmail writes above it. `by` says how it was handed over: transport, command, host
    """

    message_id: str
    queue_id: str
    at: str  # as the log has it
    sender: str
    recipients: tuple[str, ...]
    by: str
    state: State
    why: str = ""
    above: str = ""
    place: str = ""  # file:line
    moment: float = 0.0  # `at` in seconds since 1970, 0 where it cannot be told


@dataclass(slots=True)
class _Mail:
    """What earlier lines said of a mail that is on its way."""

    message_id: str = ""
    sender: str = ""


@dataclass(slots=True)
class _Reader:
    """The mails under way, by host and the server's names of them: they go on in the next log."""

    mails: dict[tuple[str, str], _Mail] = field(default_factory=dict)
    known: int = 0  # lines that a mail server wrote
    above: str = ""
    host: str = ""

    def read(self, line: str) -> Iterator[Delivery]:
        """What a line says was done."""
        if found := _SYSLOG.match(line):
            program = found["program"]
            text, at = found["text"], found["at"]
            self.host = found["host"]
            if program.startswith("exim"):
                yield from self._exim(text, at)
            elif "/" in program and program.startswith("postfix"):
                yield from self._postfix(program, text, at)
            elif program.startswith(("sendmail", "sm-mta", "sm-msp")):
                yield from self._sendmail(text, at)
        elif _EXIM.match(line):
            self.host = ""
            yield from self._exim(line, "")
        else:
            yield from self._procmail(line)

    def _postfix(self, program: str, text: str, at: str) -> Iterator[Delivery]:
        self.known += 1
        found = _QUEUED.match(text)
        if not found:
            return
        name, rest = found["id"], found["rest"]
        part = program.rpartition("/")[2]
        if part == "cleanup" and rest.startswith("message-id="):
            # A name is used again once its mail is gone.
            self.mails[self.host, name] = _Mail(bare(rest.removeprefix("message-id=")))
            return
        if rest == "removed":
            self.mails.pop((self.host, name), None)
            return
        mail = self.mails.setdefault((self.host, name), _Mail())
        # Behind the status stand words of other machines.
        pairs = dict(_PAIR.findall(rest.partition("status=")[0]))
        if "from" in pairs:
            mail.sender = bare(pairs["from"])
        state = _POSTFIX_STATE.search(rest)
        if "to" not in pairs or not state or state[1] not in _STATES:
            return
        people = tuple(bare(pairs[key]) for key in ("orig_to", "to") if key in pairs)
        why = state[2] or ""
        by = f"{pairs.get('relay', '')} {why}" if state[1] == "sent" else pairs.get("relay", "")
        yield Delivery(mail.message_id, name, at, mail.sender, people, by.strip(), _STATES[state[1]], why=why)

    def _exim(self, text: str, at: str) -> Iterator[Delivery]:
        found = _EXIM.match(text)
        if not found:
            return
        self.known += 1
        name, what, rest = found["id"], found["what"], found["rest"] or ""
        at = found["at"] or at
        if what == "<=":
            said = re.search(r"(?:^| )id=(\S+)", rest.partition(' T="')[0])
            sender = rest.partition(" ")[0].replace("<>", "")
            self.mails[self.host, name] = _Mail(bare(said[1]) if said else "", sender)
            return
        if what == "Completed":
            self.mails.pop((self.host, name), None)
            return
        mail = self.mails.get((self.host, name), _Mail())
        states: dict[str, State] = {"==": "deferred", "**": "bounced"}
        ways = " ".join(re.findall(r"(?:^| )((?:R|T|H)=\S+)", rest))
        head = re.split(r" (?:R|T|F|P|H|X|C|QT|DT|S)=|: ", rest, maxsplit=1)[0]
        people = tuple(dict.fromkeys(each.strip("<>,") for each in head.split()))
        yield Delivery(
            mail.message_id,
            name,
            at,
            mail.sender,
            tuple(each for each in people if "@" in each) or people[:1],
            f"{head} {ways}".strip(),
            states.get(what, "sent"),
            why=rest if what in states else "",
        )

    def _sendmail(self, text: str, at: str) -> Iterator[Delivery]:
        self.known += 1
        found = _QUEUED.match(text)
        if not found:
            return
        name, rest = found["id"], found["rest"]
        pairs = dict(_PAIR.findall(rest))
        if "from" in pairs:
            self.mails[self.host, name] = _Mail(bare(pairs.get("msgid", "")), bare(pairs["from"]))
            return
        state = _SENDMAIL_STATE.search(rest)
        if not rest.startswith("to=") or not state:
            return
        mail = self.mails.get((self.host, name), _Mail())
        to = re.split(r", (?:ctladdr|delay|xdelay|mailer)=", rest.removeprefix("to="), maxsplit=1)[0]
        people = [bare(each.split(" (")[0]) for each in to.split(",<")]
        if "ctladdr" in pairs:
            people.append(bare(pairs["ctladdr"]))
        said = state[1]
        # "queued" is from the submission program to the daemon, or until the next run of the queue.
        done: State = "bounced"
        if said.startswith("Sent"):
            done = "sent"
        elif said.startswith(_LATER):
            done = "deferred"
        by = f"{to} {pairs.get('mailer', '')} {pairs.get('relay', '')}".strip()
        yield Delivery(mail.message_id, name, at, mail.sender, tuple(people), by, done, why=said)

    def _procmail(self, line: str) -> Iterator[Delivery]:
        if _PROCMAIL_FROM.fullmatch(line):
            self.above = " ".join(line.split())
            return
        found = _PROCMAIL_FOLDER.fullmatch(line)
        if found and self.above:
            self.known += 1
            words = self.above.split(maxsplit=2)
            yield Delivery("", "", words[2], words[1], (), found[1], "sent", above=self.above)
            self.above = ""


def bare(text: str) -> str:
    """An address or an id without what stands around it."""
    return text.strip().strip('"').removeprefix("<").removesuffix(">").strip()


def read_logs(paths: Iterable[Path], *, now: datetime) -> Iterator[Delivery]:
    """What the logs say was done, the oldest log first: what one begins goes on in the next.

    Raises NotFoundError, TryAgainError; InvalidFileError where no line of one is of a mail server we know.
    `now`: syslog's old form has no year.
    """
    reader = _Reader()
    for path in sorted(paths, key=partial(_begins, now=now)):
        yield from _read_log(path, reader, now)


def _read_log(path: Path, reader: _Reader, now: datetime) -> Iterator[Delivery]:
    number, reader.known = 0, 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(_lines(file), 1):
                for found in reader.read(line):
                    yield replace(found, place=f"{path}:{number}", moment=moment_of(found.at, now=now))
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InvalidFileError(
            "this is no whole gzip file", f"{path}:{number + 1}", "Copy it again."
        ) from error
    except OSError as error:
        raise fault(error, path) from error
    if number and not reader.known:
        raise InvalidFileError(
            "no line of it was written by Postfix, Exim, sendmail or procmail",
            str(path),
            "Name the mail server's log; of journald, `journalctl -o short-iso -t … > FILE` makes one.",
        )


def _begins(path: Path, *, now: datetime) -> float:
    """When the first line of a log that says so was written."""
    if not path.exists():
        raise NotFoundError("there is no such log", str(path))
    if path.is_dir():
        raise InvalidFileError("this is a folder", str(path), "Name the log itself, such as mail.log in it.")
    if not path.is_file():
        # Each is read more than once.
        hint = "Write it into a file first: zcat LOG.gz > FILE (a gzipped log is read as it is)."
        raise InvalidFileError("this is no file but a pipe, which can be read only once", str(path), hint)
    reader = _Reader()
    try:
        with _opened(path) as file:
            for line in islice(_lines(file), _LOOKED_THROUGH):
                found = _SYSLOG.match(line) or _EXIM.match(line)
                at = found["at"] if found else next((each.at for each in reader.read(line)), "")
                if at and (moment := moment_of(at, now=now)):
                    return moment
    except (OSError, EOFError, zlib.error):
        # Said when it is read.
        return 0.0
    return 0.0


def moment_of(at: str, *, now: datetime) -> float:
    """Seconds since 1970 of a time as logs write them; what names no zone is of this host's."""
    try:
        if at[:1].isdigit():
            return datetime.fromisoformat(at).timestamp()
        if at[3:4] == " " and len(words := at.split()) == _SYSLOGS:
            # No year: the last such day that there was.
            # 29 February is in few years.
            for year in range(now.year, now.year - _LEAP, -1):
                with suppress(ValueError):
                    day = datetime.strptime(f"{year} {' '.join(words)}", "%Y %b %d %H:%M:%S")  # noqa: DTZ007 - the host's
                    if day.timestamp() <= now.timestamp() + _DAY:
                        return day.timestamp()
            return 0.0
        return datetime.strptime(" ".join(at.split()), "%a %b %d %H:%M:%S %Y").timestamp()  # noqa: DTZ007 - likewise
    except (ValueError, OverflowError, OSError):
        return 0.0


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if is_packed else path.open("rb")


def _lines(file: IO[bytes]) -> Iterator[str]:
    is_whole = True
    while line := file.readline(_LONGEST):
        if is_whole:
            yield line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        is_whole = line.endswith(b"\n")
