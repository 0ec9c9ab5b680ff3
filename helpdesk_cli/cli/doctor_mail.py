"""`desk doctor mail`: a mail goes out, is answered, and comes back; then sending may be switched on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from helpdesk_cli.cli.ask import ask_again
from helpdesk_cli.cli.diagnoses import document, show
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.progress import waiting
from helpdesk_cli.cli.setup_commands import offer
from helpdesk_cli.desk.fetch import fetch_all
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.sending_switch import count_waiting, switch_on
from helpdesk_cli.desk.trial import begin, has_way_in, last_trial, try_again
from helpdesk_cli.desk.trial_look import look
from helpdesk_cli.desk.trial_report import report
from helpdesk_cli.errors import CancelledError, FindingsError, NotFoundError
from helpdesk_cli.mail.auth_results import METHODS

if TYPE_CHECKING:
    from helpdesk_cli.cli.output import Output
    from helpdesk_cli.cli.session import Session
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.health.diagnosis import Diagnosis
    from helpdesk_cli.desk.trial_look import Progress

_ON_ITS_WAY = frozenset({"sent", "queued"})
_BETWEEN_LOOKS = 2.0
_BETWEEN_FETCHES = 20.0


def try_mail(
    session: Session,
    output: Output,
    *,
    to: str,
    wait: int,
    wants_on: bool,
    anyway: bool,
    as_json: bool,
) -> None:
    """Begin a trial (`to`), or look how far the last one got, up to `wait` seconds long; then the switch."""
    desk = desk_of(session)
    if to and not as_json:
        offer(session, output, desk, place="outgoing: ")
    trial = begin(desk, to, actor=actor_of(desk, session)) if to else last_trial(desk)
    progress = None
    if trial is not None:
        progress = look(desk, trial)
        if to and not as_json and progress.state in _ON_ITS_WAY:
            _say_what_to_do(output, progress)
        if wait and progress.state in _ON_ITS_WAY:
            progress = _wait(session, progress, seconds=wait)
    elif not wants_on:
        raise NotFoundError(
            "no trial of this desk's mail was begun here", "", "`desk doctor mail --to ADDRESS` begins one."
        )
    found = report(progress, domain=desk.settings.domain, has_way_in=has_way_in(desk)) if progress else []
    if to and progress and progress.answer is None:
        # That nobody has answered a mail which just left is no news.
        del found[1:]
    if not as_json:
        for diagnosis in found:
            show(output, "trial", diagnosis)
    _switch(session, output, desk, progress, wants_on=wants_on, anyway=anyway, as_json=as_json)
    if as_json:
        output.json(_as_document(progress, found, desk_of(session)))
    _end(found, progress, waited=wait)


def _say_what_to_do(output: Output, progress: Progress) -> None:
    output.confirm(f"A test mail goes to {progress.trial.to}. There, answer it as you would any other, and")
    output.confirm("attach it to your answer, or paste its full headers (show original, view source).")
    output.confirm("`desk doctor mail` shows how far it has got.")


def _wait(session: Session, progress: Progress, *, seconds: int) -> Progress:
    """Look again and again until an answer is there or the time is over, fetching mail where that is due."""
    began = time.monotonic()
    fetched_at = began
    draw = waiting("Waiting for the answer", session)
    try:
        while progress.answer is None and (passed := time.monotonic() - began) < seconds:
            draw(passed)
            time.sleep(min(_BETWEEN_LOOKS, max(0.0, seconds - passed)))
            desk = desk_of(session)
            if desk.settings.fetch and is_server(desk) and time.monotonic() - fetched_at > _BETWEEN_FETCHES:
                fetched_at = time.monotonic()
                fetch_all(desk)
            if progress.state == "queued":
                try_again(desk)
            progress = look(desk, progress.trial)
    finally:
        draw(-1)
    return progress


def _switch(
    session: Session,
    output: Output,
    desk: Desk,
    progress: Progress | None,
    *,
    wants_on: bool,
    anyway: bool,
    as_json: bool,
) -> None:
    """Switch sending on where that is asked for, or answered with yes."""
    if desk.settings.sending == "on":
        if wants_on:
            output.note("Sending is on already.")
        return
    succeeded = progress is not None and progress.has_succeeded
    if wants_on and not succeeded and not anyway:
        raise CancelledError(
            "no trial has succeeded yet: sending stays on hold",
            hint="`desk doctor mail --to ADDRESS` makes one; `--anyway` switches on all the same.",
        )
    count = count_waiting(desk)
    held = f" {count} mail{' waits' if count == 1 else 's wait'} in the outbox and will go." if count else ""
    if not wants_on:
        if not succeeded or as_json:
            return
        if not ask_again(session, f"The round trip succeeded.{held} Switch sending on?"):
            output.note(f"Sending stays on hold. `desk doctor mail --switch-on` switches it on.{held}")
            return
    done = switch_on(desk, actor=actor_of(desk, session))
    output.note(f"desk.yaml:{done.line}: sending is on.{held} `sending: hold` there stops it again.")
    if not done.committed:
        output.note("desk.yaml has changes that are not committed: commit it yourself.")


def _end(found: list[Diagnosis], progress: Progress | None, *, waited: int) -> None:
    """Raise FindingsError where there is something to mend, or nothing came in the time that was given."""
    if any(diagnosis.level in {"warning", "error"} for diagnosis in found):
        raise FindingsError("not everything is well with this desk's mail")
    if waited and progress is not None and progress.answer is None:
        raise FindingsError(
            "no answer came in that time", hint="`desk doctor mail --wait 10m` goes on waiting."
        )


def _as_document(progress: Progress | None, found: list[Diagnosis], desk: Desk) -> dict[str, object]:
    return {
        "schema": "desk/1",
        "kind": "mail-test",
        "ticket": progress.trial.ticket if progress else None,
        "to": progress.trial.to if progress else None,
        "state": progress.state if progress else None,
        "succeeded": bool(progress and progress.has_succeeded),
        **{method: (progress and progress.verdicts[method].result) or None for method in METHODS},
        "sending": desk.settings.sending,
        "items": [document("trial", diagnosis) for diagnosis in found],
    }
