"""`desk cron`: everything that time brings about, one step after the other, once a minute.

A step that fails stops none of the others, and a second run beside this one does nothing. What is wrong is
said once a day as long as it lasts, for cron sends a mail of whatever is printed.
"""

from __future__ import annotations

import importlib
import re
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.letters import is_server
from helpdesk_cli.desk.news import read_news
from helpdesk_cli.errors import DeskError, where
from helpdesk_cli.storage import layout as layouts
from helpdesk_cli.storage import lock
from helpdesk_cli.storage.records import Records
from helpdesk_cli.storage.settings_cache import load_settings
from helpdesk_cli.tickets.times import read_time, write_time
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from helpdesk_cli.desk.news import News
    from helpdesk_cli.storage.layout import Layout

KIND = "cron"
NOT_THE_SERVER = (
    "This clone is not the desk's server (`git config desk.role`): mail and timers are the server's business."
)
_AT_ONCE = timedelta(0)
_DAILY = timedelta(days=1)
# A run of a minute's work that takes so long hangs.
_LONGEST_RUN = timedelta(hours=1)
_MOST_SAID = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `module:function` below helpdesk_cli.desk, which gives what is wrong, a sentence each.

    `everywhere`: in clones that are not the server too. `of_news`: it is given the news; raising, it is
    given the same again. `every`: at most so often. `patience`: what is wrong for less is not worth a word.
    """

    name: str
    target: str
    everywhere: bool = False
    of_news: bool = False
    every: timedelta = _AT_ONCE
    patience: timedelta = _AT_ONCE

    def load(self) -> Callable[..., Iterable[str]]:
        """The function. Imported by name: each step brings libraries that the others do not need."""
        module, _, name = self.target.partition(":")
        found: Callable[..., Iterable[str]] = getattr(
            importlib.import_module(f"helpdesk_cli.desk.{module}"), name
        )
        return found


# What a later part of desk does by time is one line here.
STEPS: tuple[Step, ...] = (
    Step("commits", "cron_steps:commit", everywhere=True, patience=timedelta(hours=1)),
    Step("sync", "cron_sync:sync_if_wanted", everywhere=True, patience=timedelta(minutes=15)),
    Step("fetch", "fetch:fetch_all"),
    # Before the news is read: who is to be told hears of it in the same run.
    Step("service levels", "sla_run:act_due"),
    Step("routing", "auto_assign:fill_due"),
    Step("rules", "rules_cron:ask_late"),
    Step("timer rules", "rules_cron:act_timers"),
    Step("acknowledge", "acknowledge:acknowledge", of_news=True),
    Step("rules about people", "rules_cron:ask_of_news", of_news=True),
    Step("answers of rules", "rules_replies:answer_news", of_news=True),
    Step("merges", "merge_settle:settle"),
    Step("wake", "snooze:wake_due"),
    Step("redactions", "forgetting:forget_news", of_news=True),
    Step("notices", "notify:note_news", of_news=True),
    Step("notify", "notify:send_notices"),
    Step("digest", "digest_due:send_if_due"),
    Step("csat", "csat:ask_how_it_went"),
    Step("set aside", "cron_steps:retry_set_aside", every=timedelta(hours=1)),
    Step("outbox", "cron_steps:send", everywhere=True),
    Step("tidy", "cron_steps:tidy", everywhere=True, every=_DAILY),
)


@dataclass(slots=True)
class Ran:
    """What a run found: (step, problem) of everything that is wrong, and which of it is to be said now.

    `lasts`: whether any of it has been so for longer than its step's patience.
    """

    problems: list[tuple[str, str]] = field(default_factory=list)
    to_say: list[str] = field(default_factory=list)
    lasts: bool = False
    is_server: bool = True
    was_busy: bool = False


def cron(start: Path | str, *, now: datetime, says_all: bool = False) -> Ran:
    """Run the steps of the desk that `start` lies in. Raises NotFoundError where there is none.

    `says_all`: everything that is wrong is to be said, for a person asks; else what is new since a day.
    """
    layout = layouts.find(Path(start))
    layouts.prepare(layout)
    held = lock.try_hold(layout.state / "cron.lock", modes=layout.modes)
    if held is None:
        ran = Ran(was_busy=True)
        began = _moment((Records(layout.state, KIND).peek("running") or {}).get("since"))
        if began is not None and now - began > _LONGEST_RUN:
            said = f"`desk cron` has been running since {write_time(began)}: see `ps` for what it waits for"
            ran.problems.append(("lock", said))
            _choose(ran, layout, "hung", now=now, says_all=says_all)
        return ran
    try:
        return _run(layout, now=now, says_all=says_all)
    finally:
        held.release()


def _run(layout: Layout, *, now: datetime, says_all: bool) -> Ran:
    Records(layout.state, KIND).put("running", {"since": write_time(now)}, sync=False)
    ran = Ran()
    try:
        desk = Desk(layout, load_settings(layout), now)
        ran.is_server = is_server(desk)
        _take_steps(desk, ran)
    except DeskError as error:
        ran.problems.append(("settings", str(error)))
    _choose(ran, layout, "said", now=now, says_all=says_all)
    return ran


def _take_steps(desk: Desk, ran: Ran) -> None:
    times = Records(desk.layout.state, KIND)
    before = times.peek("ran") or {}
    last = dict(before)
    steps = [step for step in STEPS if step.everywhere or ran.is_server]
    news: News | None = None
    failed = False
    for number, step in enumerate(steps):
        ran_at = _moment(last.get(step.name))
        # A clock that was ahead does not stop a step for good.
        if step.every and ran_at is not None and timedelta(0) <= desk.now - ran_at < step.every:
            continue
        if step.every:
            last[step.name] = write_time(desk.now)
        if not step.of_news:
            _take(step, ran, desk)
            continue
        if news is None and not failed:
            news = _read_news(desk, ran)
            failed = news is None
        # One that fails is given the same again; the others act on nothing twice, and do not wait for it.
        failed = news is None or not _take(step, ran, desk, news) or failed
        is_last = not any(later.of_news for later in steps[number + 1 :])
        if is_last and news is not None and not failed:
            _settle(news, ran)
    if last != before:
        times.put("ran", last, sync=False)


def _take(step: Step, ran: Ran, *given: Any) -> bool:  # noqa: ANN401 - the desk, and for some the news
    """Whether the step came to its end."""
    try:
        for said in step.load()(*given):
            ran.problems.append((step.name, said))
    except DeskError as error:
        ran.problems.append((step.name, f"{step.name}: {error}"))
    except OSError as error:
        ran.problems.append((step.name, f"{step.name}: {error.strerror or error}: {error.filename or ''}"))
    except Exception as error:  # noqa: BLE001 - a mistake of ours in one step must not keep mail in the outbox
        said = f"{step.name}: a mistake of desk's own: {type(error).__name__} {where(error)}"
        ran.problems.append((step.name, said))
    else:
        return True
    return False


def _read_news(desk: Desk, ran: Ran) -> News | None:
    try:
        news = read_news(desk)
    except (DeskError, OSError) as error:
        ran.problems.append(("news", f"news: {error}"))
        return None
    ran.problems += [("news", said) for said in news.problems]
    return news


def _settle(news: News, ran: Ran) -> None:
    try:
        news.settle()
    except (DeskError, OSError) as error:
        ran.problems.append(("news", f"news: {error}"))


def _choose(ran: Ran, layout: Layout, name: str, *, now: datetime, says_all: bool) -> None:
    """What of the problems is to be said: what has lasted long enough and was not said in the last day.

    Where that cannot be remembered, all of it: too many words are better than none.
    """
    if says_all:
        ran.to_say = list(dict.fromkeys(said for _, said in ran.problems))
        ran.lasts = bool(ran.problems)
        return
    records = Records(layout.state, KIND)
    before = records.peek(name) or {}
    patience = {step.name: step.patience for step in STEPS}
    after: dict[str, object] = {}
    for step, problem in ran.problems:
        key = sha256(f"{step}\0{re.sub('[0-9]+', '#', problem)}".encode("utf-8", "replace")).hexdigest()[:16]
        if key in after:
            continue
        known = before.get(key)
        since, said = _times(known)
        since = since or now
        if now - since >= patience.get(step, _AT_ONCE):
            ran.lasts = True
            if not _is_recent(said, now):
                ran.to_say.append(problem)
                said = now
        after[key] = {"since": write_time(since), "said": write_time(said) if said else ""}
    for key, known in before.items():
        # It came and went: when it comes again within the day it is not said again.
        _, said = _times(known)
        if key not in after and said and _is_recent(said, now) and len(after) < _MOST_SAID:
            after[key] = {"said": write_time(said)}
    if after != before:
        with suppress(DeskError, OSError):
            records.put(name, after)


def _times(known: object) -> tuple[datetime | None, datetime | None]:
    """Since when it is so, and when it was said."""
    if not isinstance(known, dict):
        return None, None
    return _moment(known.get("since")), _moment(known.get("said"))


def _is_recent(said: datetime | None, now: datetime) -> bool:
    return said is not None and timedelta(0) <= now - said < _DAILY


def _moment(text: object) -> datetime | None:
    try:
        return read_time(text) if isinstance(text, str) and text else None
    except ValueError:
        return None
