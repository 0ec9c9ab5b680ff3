"""One answer to many tickets: each planned for itself, a commit each, the lock let go in between."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from helpdesk_cli.desk.chance import draw_id
from helpdesk_cli.desk.indexing import open_index
from helpdesk_cli.desk.letters import sends_here
from helpdesk_cli.desk.record import open_door
from helpdesk_cli.desk.reply import Answer, Audience, all_seen, check_answer, post_reply
from helpdesk_cli.desk.reply_plan import Plan, plan_reply
from helpdesk_cli.desk.reply_words import first_answer
from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.values import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.desk.posting import Posted
    from helpdesk_cli.desk.record import Recorded

# Mail that comes in waits for the lock (DECISIONS 99).
_LONGEST_HELD = 1.0


@dataclass(frozen=True, slots=True)
class Planned:
    """An answer that could be sent."""

    plan: Plan
    answer: Answer
    audience: Audience


@dataclass(slots=True)
class Done:
    """What was sent, and what was not."""

    posted: list[Posted] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    errors: list[tuple[str, DeskError]] = field(default_factory=list)


def plan_many(
    desk: Desk,
    words: Iterable[str],
    *,
    actor: Actor,
    **wish: Any,  # noqa: ANN401 - as `first_answer` takes them
) -> tuple[list[Planned], list[tuple[str, DeskError]]]:
    """The answers that can be sent, each ticket once; (word, why) for the others. Nothing is written."""
    planned: dict[str, Planned] = {}
    errors: list[tuple[str, DeskError]] = []
    index = open_index(desk, full=False)
    try:
        for word in words:
            try:
                plan = plan_reply(desk, word, actor=actor, index=index)
                if plan.ticket.uid in planned:
                    continue
                answer = first_answer(desk, plan, actor=actor, **wish)
                planned[plan.ticket.uid] = Planned(plan, answer, check_answer(desk, plan, answer))
            except TryAgainError:
                raise
            except DeskError as error:
                errors.append((word, error))
    finally:
        index.close()
    return list(planned.values()), errors


def send_many(
    desk: Desk,
    planned: Sequence[Planned],
    *,
    actor: Actor,
    anyway: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Done:
    """Record and queue each answer, all of one operation; one that fails does not stop the others."""
    done, op, rest = Done(), draw_id("op"), list(planned)
    sends = sends_here(desk)
    while rest:
        with open_door(desk, actor) as door:
            door.op = op
            until = time.monotonic() + _LONGEST_HELD
            while rest and time.monotonic() < until:
                each = rest.pop(0)
                seen = all_seen(each.plan.ticket)
                try:
                    # A letter to many takes nobody's ticket over.
                    posted = post_reply(
                        door, each.plan, each.answer, seen=seen, anyway=anyway, takes=False, sends=sends
                    )
                except TryAgainError:
                    raise
                except DeskError as error:
                    done.errors.append((each.plan.ticket.id, error))
                else:
                    done.posted.append(posted)
                if progress is not None:
                    progress(len(planned) - len(rest), len(planned))
            done.recorded += door.recorded
    return done
