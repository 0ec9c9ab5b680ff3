"""`desk agent`: who works here, who is here now, and who is away until when."""

from collections.abc import Sequence
from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.agent_view import agent_table
from helpdesk_cli.cli.ask import MANY, choose, confirm
from helpdesk_cli.cli.changing import diff_line, report
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun, Fields, Form, Json, check_options
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.desk import agent_away as verbs
from helpdesk_cli.desk.agents import agents_json, list_agents
from helpdesk_cli.desk.asking import zone_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.settings_change import SettingsChanged
from helpdesk_cli.desk.staff import problems_of
from helpdesk_cli.errors import UsageError

_OPTIONS: dict[str, tuple[str, ...]] = {
    "list": ("--team", "--output", "--fields"),
    "away": ("--from", "--until", "--why", "--hand-over", "--keep", "--dry-run"),
    "back": ("--dry-run",),
}
ACTIONS = ("list", "away", "back")


def agent(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="|".join(ACTIONS), autocompletion=complete.agent_actions, help="What to do; else `list`."
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[AGENT]", autocompletion=complete.agents, help="`away`, `back`: who; else you."
        ),
    ] = None,
    *,
    team: Annotated[
        str,
        typer.Option(
            "--team", metavar="TEAM", autocompletion=complete.teams, help="`list`: the members of that team."
        ),
    ] = "",
    start: Annotated[
        str, typer.Option("--from", metavar="WHEN", help="`away`: the first day away; else at once.")
    ] = "",
    until: Annotated[
        str,
        typer.Option(
            "--until",
            metavar="WHEN",
            help="`away`: the last day away: `friday`, `2w`, `2027-01-02`; or `17:00`.",
        ),
    ] = "",
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="`away`: why; shown to agents.")] = "",
    hand_over: Annotated[
        bool | None,
        typer.Option(
            "--hand-over/--keep",
            help="`away`: give active tickets to others, or leave them; else asks.",
        ),
    ] = None,
    dry_run: DryRun = False,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> int | None:
    """Say who is here, and who is away until when.

    `list` shows every agent: whether they are here now, how many active tickets they have of how many they
    can have, and when they were last given one. `away` writes into `desk.yaml` that somebody is, and commits
    it; comments in the file stay. While they are away no ticket is given to them by itself. They are still
    told of mail to their tickets, and so are the leads of its team; `desk list assignee:away` shows them.

    With `--hand-over` the agent's active tickets are given to others, as their teams do it; on a terminal
    that is asked. What nobody can take is nobody's, and goes to whoever is free first. `back` ends it.

    A day in `--until` is the last one away; days are those of `notify: timezone` in desk.yaml.
    """
    session = session_of(context)
    output = Output(session)
    desk = desk_of(session)
    named = list(words or ())
    form = check_form("json" if as_json else form)
    if action not in ACTIONS:
        raise UsageError(f"there is no `desk agent {action}`", hint=f"There are {', '.join(ACTIONS)}.")
    said = {
        "--team": team,
        "--from": start,
        "--until": until,
        "--why": why,
        "--hand-over" if hand_over else "--keep": hand_over is not None,
        "--dry-run": dry_run,
        "--output": form,
        "--fields": fields,
    }
    check_options(f"agent {action}", _OPTIONS[action], said)
    if action == "list":
        if named:
            raise UsageError("`desk agent list` takes no words", hint="`--team` shows a team.")
        _list(output, desk, team, form=form, fields=fields)
        return None
    if len(named) > 1:
        raise UsageError(f"`desk agent {action}` takes one agent")
    actor = actor_of(desk, session)
    who = named[0] if named else actor.key
    if action == "back":
        key = verbs.agent_key(desk, who, actor)
        changed = verbs.back(desk, key, actor=actor, dry_run=dry_run)
        _tell(output, changed, f"{key} is back", f"{key} is not away", dry_run=dry_run)
        return None
    key = verbs.agent_key(desk, who, actor)
    absence = verbs.read_absence(desk, start=start, end=until, why=why)
    if not (start or until or why):
        # Who is away already stays so until then: it is the hand-over that is wanted.
        absence = verbs.absence_now(desk, key) or absence
    is_now = absence.covers(desk.now, zone_of(desk))
    tickets = verbs.active_tickets(desk, key) if is_now or hand_over else []
    gives = _wants_hand_over(session, key, tickets, wanted=hand_over, dry_run=dry_run)
    changed = verbs.away(desk, key, absence, actor=actor, dry_run=dry_run)
    begins = f" from {absence.start}" if absence.start else ""
    ends = f" until {absence.end}" if absence.end else ""
    _tell(output, changed, f"{key} is away{begins}{ends}", f"{key} is away{ends} already", dry_run=dry_run)
    if not gives:
        if tickets and hand_over is None:
            keeps = f"{key} keeps {_counted(tickets)}"
            output.note(f"{keeps}: `desk agent away {key} --hand-over` gives what is active to others.")
        return None
    handed = verbs.hand_over(desk, changed.settings, key, tickets, actor=actor, dry_run=dry_run)
    return report(output, handed.outcome, dry_run=dry_run)


def _list(output: Output, desk: Desk, team: str, *, form: str, fields: str) -> None:
    listed = list_agents(desk, team)
    if form == "json" and not fields:
        output.json(agents_json(listed))
    else:
        is_seen = form == "table" or (not form and output.to_terminal)
        output.table(agent_table(listed, zone_of(desk), for_people=is_seen), form, fields=fields)
    for problem in problems_of(desk):
        output.note(problem)


def _tell(output: Output, changed: SettingsChanged, said: str, unsaid: str, *, dry_run: bool) -> None:
    if not changed.diff:
        output.note(f"{unsaid}: nothing to change")
        return
    if dry_run:
        output.note(f"would be recorded: {said}")
        for line in changed.diff:
            output.line(*diff_line(line))
        return
    output.confirm(said)
    if not changed.committed:
        output.note("desk.yaml is changed, but not committed: the committed one cannot be changed so.")


def _wants_hand_over(
    session: Session,
    key: str,
    tickets: Sequence[str],
    *,
    wanted: bool | None,
    dry_run: bool,
) -> bool:
    """Whether the tickets are given to others: asked before anything is written. Raises CancelledError."""
    if not tickets or wanted is False:
        return False
    if wanted:
        if len(tickets) > MANY and not dry_run:
            confirm(session, f"Give {_counted(tickets)} of {key} to others?")
        return True
    question = f"{key} has {_counted(tickets)}. Give {'it' if len(tickets) == 1 else 'them'} to others?"
    return not dry_run and choose(session, question, may_edit=False) == "yes"


def _counted(tickets: Sequence[str]) -> str:
    return f"{len(tickets)} active ticket{'' if len(tickets) == 1 else 's'}"


COMMAND = Command(
    agent,
    usage=(
        "[list] [--team TEAM]",
        "away [AGENT] [--from WHEN] [--until WHEN] [--why TEXT] [--hand-over]",
        "back [AGENT]",
    ),
    examples=(
        ("desk agent", "Who is here, and how much everybody has."),
        ('desk agent away --until friday --why "training"', "You are away up to Friday."),
        ("desk agent away lee --until 2w --hand-over", "Lee is ill: others get the tickets."),
        ("desk agent back lee", "Lee is here again."),
    ),
    see_also=("assign", "escalate", "whoami", "list"),
)
