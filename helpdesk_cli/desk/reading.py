"""A mail read for a desk, in a limited child that starts as early as possible.

Parsing needs 60 ms of imports that nothing else needs: the child makes them while this process keeps
the original and imports the rest. `mail.reading` is therefore imported in the child, or by name.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from helpdesk_cli.mail.limits import Limits
from helpdesk_cli.mail.own import OwnAddresses
from helpdesk_cli.mail.received import Circumstances
from helpdesk_cli.storage.keys import read_key
from helpdesk_cli.storage.sandbox import LimitExceededError, Worker

if TYPE_CHECKING:
    from types import ModuleType

    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.mail.received import Envelope, Received

    Job = tuple[bytes, Envelope, Circumstances]


def circumstances_of(desk: Desk) -> Circumstances:
    """What reading a mail for this desk needs to know."""
    settings, key = desk.settings, read_key(desk.layout)
    return Circumstances(
        own=OwnAddresses(settings.own_addresses, frozenset({key.instance} - {""}), key.secret),
        authservs=frozenset({settings.authserv_id} - {""}),
        trust_spam_headers=settings.trust_spam_headers,
        now=desk.now,
        limits=Limits(mail=settings.message_limit),
    )


class Reading:
    """A mail that is being read; `result` waits for it."""

    def __init__(
        self,
        data: bytes,
        envelope: Envelope,
        around: Circumstances,
        *,
        reader: tuple[int, int, int] | None = None,
    ) -> None:
        """Start the child, which inherits the mail; or hand the mail to `reader`, which waits for one.

        `reader` is (pid, where jobs go in, where results come out) of a child in `serve`.
        """
        self._mail = (data, envelope, around)
        self._worker: Worker[Job | None, Received] = Worker(lambda _: _read(self._mail))
        if reader is None:
            self._worker.send(None)
        else:
            self._worker.adopt(*reader)
            self._worker.send(self._mail)

    def result(self) -> Received:
        """What the mail says; where the child failed, as far as its headers can be guessed."""
        try:
            return self._worker.receive()
        except LimitExceededError:
            return receive_unparsed(*self._mail)
        finally:
            self._worker.stop()


def serve(jobs: int, results: int) -> None:
    """Be the child: import the parser, read the mails that come in at `jobs`, answer at `results`. Ends."""
    parser()
    worker: Worker[Job, Received] = Worker(_read)
    worker.serve(jobs, results)


def _read(job: Job) -> Received:
    received: Received = parser().receive(*job)
    return received


def read_safely(data: bytes, envelope: Envelope, around: Circumstances) -> Received:
    """The mail as read in a limited child; where that fails, as far as its headers can be guessed."""
    return Reading(data, envelope, around).result()


def receive_unparsed(data: bytes, envelope: Envelope, around: Circumstances) -> Received:
    """The mail as far as its headers can be guessed in a straight line; never fails, never slow."""
    found: Received = parser().receive_unparsed(data, envelope, around)
    return found


def parser() -> ModuleType:
    """`mail.reading`, imported when first needed."""
    return importlib.import_module("helpdesk_cli.mail.reading")
