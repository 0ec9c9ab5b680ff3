"""What a trial of the desk's mail has shown, as diagnoses: what is well, and how to mend what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.health.diagnosis import Diagnosis, ok
from helpdesk_cli.desk.trial_words import means
from helpdesk_cli.mail.auth_results import METHODS

if TYPE_CHECKING:
    from helpdesk_cli.desk.health.diagnosis import Level
    from helpdesk_cli.desk.trial_look import Progress

_BY = {
    "token": "by the token in our Message-ID or address: the surest way",
    "reference": "by the id it answers and its sender",
    "cc-reference": "by an id of its thread and the people in it",
    "subject": "by the ticket in its subject alone",
}


def report(progress: Progress, *, domain: str, has_way_in: bool = True) -> list[Diagnosis]:
    """The way out, the way back, then SPF, DKIM and DMARC where an answer came."""
    found = [_way_out(progress), _way_back(progress, has_way_in=has_way_in)]
    if progress.has_succeeded or any(one.result for one in progress.verdicts.values()):
        found += _verdicts(progress, domain)
    return found


def _way_out(progress: Progress) -> Diagnosis:
    to, why = progress.trial.to, progress.why
    if progress.state == "sent":
        return ok("test-sent", f"{progress.trial.ticket}: the mail to {to} left this host")
    if progress.state in {"queued", "prepared", "sending"}:
        told = f"{progress.trial.ticket}: the mail to {to} has not left yet{f': {why}' if why else ''}"
        return Diagnosis(
            "warning", "test-queued", told, "It is tried again by `desk cron`, or by `desk outbox send`."
        )
    if progress.state == "unknown":
        told = f"{progress.trial.ticket}: whether the mail to {to} left is not known: {why}"
        return Diagnosis("error", "test-unknown", told, "Begin again: `desk doctor mail --to ADDRESS`.")
    told = f"{progress.trial.ticket}: the mail to {to} was refused: {why}"
    return Diagnosis(
        "error", "test-refused", told, "Look at `outgoing:` in desk.yaml and at the mail server's log."
    )


def _way_back(progress: Progress, *, has_way_in: bool) -> Diagnosis:
    answer = progress.answer
    if answer is None and not has_way_in:
        told = "no answer has come back: no mail server hands mail to this desk, no mailbox is fetched from"
        return Diagnosis("note", "test-unanswered", told, "`desk setup mta`, or `fetch:` in desk.yaml.")
    if answer is None:
        return Diagnosis(
            "note",
            "test-unanswered",
            "no answer has come back",
            "Answer it in that mailbox; look among the spam, too, and into the mail server's log.",
        )
    where = f"{answer.ticket}, message {answer.ticket.rpartition('-')[2]}.{answer.number}"
    if answer.bounce:
        return Diagnosis(
            "error", "test-bounced", f"the mail came back as undeliverable: {where}", "`desk show` tells why."
        )
    if not answer.joined:
        return Diagnosis(
            "error",
            "test-astray",
            f"an answer came, but it opened a ticket of its own: {where}",
            "Its writer's program names neither the mail it answers nor the ticket. Answer with another one; "
            "`plus-addresses: yes` below `outgoing:` helps where mail to you+anything@ reaches you.",
        )
    how = _BY.get(answer.threaded_by, answer.threaded_by)
    if answer.threaded_by == "subject":
        return Diagnosis(
            "note",
            "test-answered-by-subject",
            f"the answer found its ticket: {where}, {how}",
            "A program on its way drops the ids of mails. It works as long as the subject is kept; "
            "`plus-addresses: yes` below `outgoing:` helps where mail to you+anything@ reaches you.",
        )
    return ok("test-answered", f"the answer found its ticket: {where}, {how}")


def _verdicts(progress: Progress, domain: str) -> list[Diagnosis]:
    dmarc = progress.verdicts["dmarc"].result == "pass"
    found = []
    for method in METHODS:
        verdict = progress.verdicts[method]
        said, remedy = means(verdict, domain=domain)
        told = f"{method.upper()} {verdict.result or 'not seen'}: {said}"
        if verdict.result == "pass":
            found.append(ok(f"{method}-pass", told))
            continue
        # Where DMARC passes, one of the other two is enough; what nobody told is no fault yet.
        level: Level = "note" if dmarc or not verdict.result else "warning"
        found.append(Diagnosis(level, f"{method}-{verdict.result or 'unseen'}", told, remedy))
    return found
