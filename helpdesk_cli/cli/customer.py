"""`desk customer`: who asks, what they are to us, and what we hold of them."""

from typing import Annotated

import typer

from helpdesk_cli.cli import complete
from helpdesk_cli.cli.changing import diff_line
from helpdesk_cli.cli.command import Command
from helpdesk_cli.cli.customer_data import erase, export
from helpdesk_cli.cli.customer_view import show_history, show_list
from helpdesk_cli.cli.here import actor_of, desk_of
from helpdesk_cli.cli.options import DryRun, Fields, Form, Json
from helpdesk_cli.cli.output import Output, check_form
from helpdesk_cli.cli.progress import reporter
from helpdesk_cli.cli.session import Session, session_of
from helpdesk_cli.cli.words import part, read_assignments
from helpdesk_cli.desk.customer_changes import Wish, Written, new_customer, new_organisation, set_fields
from helpdesk_cli.desk.customer_history import history_json, history_of
from helpdesk_cli.desk.desk import Desk
from helpdesk_cli.desk.show import show as show_ticket
from helpdesk_cli.errors import UsageError
from helpdesk_cli.tickets.person import NOBODY, Person
from helpdesk_cli.values import dataclass

ACTIONS = ("list", "show", "new", "set", "export", "erase")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says, beside the action."""

    words: tuple[str, ...]
    organisation: bool
    from_ticket: str
    note: str
    to: str
    dry_run: bool
    form: str
    fields: str


def customer(
    context: typer.Context,
    action: Annotated[
        str,
        typer.Argument(
            metavar="|".join(ACTIONS),
            autocompletion=complete.customer_actions,
            help="What to do; else `list`.",
        ),
    ] = "list",
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHO|FIELD=VALUE",
            autocompletion=complete.customers,
            help="An address, the name of a file, a number, an account, a whole name; and what is to be set.",
        ),
    ] = None,
    *,
    organisation: Annotated[
        bool, typer.Option("--organisation", help="Organisations are meant, not people.")
    ] = False,
    from_ticket: Annotated[
        str,
        typer.Option("--from-ticket", metavar="ID", help="`new`: the requester of that ticket."),
    ] = "",
    note: Annotated[
        str, typer.Option("--message", "-m", metavar="TEXT", help="`new`, `set`: add this to the notes.")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="FILE", help="`export`: the archive to write, or its folder.")
    ] = "",
    dry_run: DryRun = False,
    form: Form = "",
    as_json: Json = False,
    fields: Fields = "",
) -> None:
    """Say who customers are, show all that they asked, hand it out, or erase it.

    A customer is a Markdown file in `customers/`, an organisation one in `customers/organisations/`: made by
    hand, or by `new`. `list` shows them, or those in which every WORD is found. `show` takes people without
    a file as well: who they are, their open tickets, then the others, how they rated them.

    `new` makes a file: of an address, or of who asked in a ticket. `set` changes one, line by line, and
    commits it; what a hand wrote there stays. Fields are `name`, `addresses`, `phone`, `account`,
    `organisation`, `tier` (as desk.yaml declares them), `vip` and `tags`; an organisation has `domains`
    and neither addresses nor an organisation. `addresses=+a,-b` changes the list; an empty value clears.

    `export` writes everything the desk holds of a person into one archive: the file, tickets, attachments,
    the mails themselves. `erase` takes it out for good, after a question: all that was said in their
    tickets and what they wrote in those of others, as `desk redact` does; a stub of the file stays. It
    says what git, its remotes and this host still hold, and prints the commands that make git forget.

    Queries know them: `customer.tier:gold`, `is:vip`, `org:acme`, `customer.new:true`. See docs/customers.md.
    """
    session = session_of(context)
    asked = Asked(
        tuple(words or ()),
        organisation,
        from_ticket,
        note,
        to,
        dry_run,
        check_form("json" if as_json else form),
        fields,
    )
    actions = {"list": _list, "show": _show, "new": _new, "set": _set, "export": _export, "erase": _erase}
    run = actions.get(action)
    if run is None:
        raise UsageError(f"there is no `desk customer {action}`", hint=f"There are {', '.join(ACTIONS)}.")
    run(Output(session), session, desk_of(session), asked)


def _list(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    show_list(
        output,
        desk,
        asked.words,
        organisations=asked.organisation,
        form=asked.form,
        fields=asked.fields,
        progress=reporter("files", session),
    )


def _show(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    if asked.form not in {"", "json"}:
        raise UsageError(f"a customer is not shown as {asked.form}", "-O", "There is json.")
    history = history_of(desk, _one(asked), progress=reporter("tickets", session))
    if asked.form == "json":
        output.json(history_json(history))
    else:
        show_history(output, desk, history)


def _new(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    pairs, names = part(asked.words, _is_pair)
    wish = Wish(tuple(read_assignments(pairs)), asked.note)
    actor = actor_of(desk, session)
    if asked.organisation:
        if len(names) != 1 or asked.from_ticket:
            raise UsageError("name the organisation's file", hint="`desk customer new --organisation acme`.")
        written = new_organisation(desk, names[0], wish, actor=actor, dry_run=asked.dry_run)
    else:
        person = _person(desk, " ".join(names), asked.from_ticket)
        written = new_customer(desk, person, wish, actor=actor, dry_run=asked.dry_run)
    _report(output, written, dry_run=asked.dry_run)


def _person(desk: Desk, said: str, ticket: str) -> Person:
    if bool(said) == bool(ticket):
        hint = "`desk customer new 'Ada Lovelace <ada@example.org>'`, or `--from-ticket 42`."
        raise UsageError("say who it is, in one way", hint=hint)
    if said:
        person = Person.read(said)
        return person if person != NOBODY else Person(name=said)
    person = show_ticket(desk, ticket).ticket.requester
    if not (person.email or person.phone):
        raise UsageError("its requester has neither an address nor a telephone number", ticket)
    return person


def _set(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    pairs, names = part(asked.words, _is_pair)
    if not names:
        raise UsageError("name somebody", hint="`desk customer set ada@example.org tier=gold`.")
    if not (pairs or asked.note):
        raise UsageError("nothing is to be set", hint="Write FIELD=VALUE, such as `tier=gold`, or -m TEXT.")
    wish = Wish(tuple(read_assignments(pairs)), asked.note)
    actor = actor_of(desk, session)
    written = set_fields(desk, " ".join(names), wish, actor=actor, dry_run=asked.dry_run)
    _report(output, written, dry_run=asked.dry_run)


def _export(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    export(output, session, desk, _one(asked), asked.to)


def _erase(output: Output, session: Session, desk: Desk, asked: Asked) -> None:
    actor = actor_of(desk, session)
    erase(output, session, desk, _one(asked), actor, dry_run=asked.dry_run)


def _one(asked: Asked) -> str:
    if not asked.words:
        raise UsageError("name somebody", hint="An address, or a name in customers/.")
    return " ".join(asked.words)


def _is_pair(word: str) -> bool:
    """An address may have an equals sign in it; before the first of a pair stand letters only."""
    return word.partition("=")[0].isalpha() and "=" in word


def _report(output: Output, written: Written, *, dry_run: bool) -> None:
    if not written.is_changed:
        output.note(f"{written.path}: nothing to change")
    elif dry_run:
        output.note(f"would be recorded: {written.summary}")
        for line in written.diff:
            output.line(*diff_line(line))
    else:
        output.confirm(written.summary)
    for remark in written.remarks:
        output.note(remark)


COMMAND = Command(
    customer,
    usage=(
        "[list] [--organisation] [WORD...]",
        "show WHO [--json]",
        "new WHO [FIELD=VALUE...]",
        "new --from-ticket ID [FIELD=VALUE...]",
        "new --organisation NAME [FIELD=VALUE...]",
        "set WHO FIELD=VALUE... [-m TEXT]",
        "export WHO [--to FILE]",
        "erase WHO [--dry-run]",
    ),
    examples=(
        ("desk customer export ada@example.org --to /tmp", "For a request to see what you hold of her."),
        ("desk customer show ada@example.org", "Who she is, all her tickets, how she found it."),
        ("desk customer new --from-ticket 42 tier=gold", "Make a customer of who wrote ticket 42."),
        ("desk customer set ada@example.org addresses=+ada@home.example vip=yes", "Another address; a VIP."),
        ("desk customer export ada@example.org --to /tmp", "For a request to see what you hold of her."),
        (
            "desk customer new --organisation acme domains=acme.example tier=silver",
            "Everybody at acme.example.",
        ),
    ),
    see_also=("list", "show", "redact"),
)
