"""How a mail server is told to hand mail to a desk: the recipes, as plain text. What `desk setup mta` gives.

Every recipe keeps the mail with the mail server whatever goes wrong, also when the shim itself is
gone: its last word is 75 (EX_TEMPFAIL). What each server does with other codes, with signals and with
output was tried with the real programs; `docs/mta-postfix.md` and `tests/mta` hold it.
"""

from __future__ import annotations

import shlex
from typing import Literal

from helpdesk_cli.values import dataclass

Kind = Literal["postfix", "postfix-alias", "procmail", "maildrop", "exim", "getmail"]
KINDS: tuple[Kind, ...] = ("postfix", "postfix-alias", "procmail", "maildrop", "exim", "getmail")
# Seconds that a mail server waits; the door ends itself sooner.
PATIENCE = 300


@dataclass(frozen=True, slots=True)
class Hookup:
    """What a recipe is about: the desk's name, the shim, the user who delivers, their home, the inboxes.

    All plain: nothing in it needs quoting in a shell or in the settings of a mail program.
    """

    name: str
    shim: str
    user: str
    home: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecipeFile:
    """A file of the recipe's own. `owner` is a user's name; `whole` = nothing else belongs in that file."""

    path: str
    text: str
    mode: int = 0o644
    owner: str = "root"
    whole: bool = True


@dataclass(frozen=True, slots=True)
class MapAdded:
    """A Postfix parameter that lists look-up tables, and the table to add to it."""

    parameter: str
    table: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to hook up: files to write, Postfix tables to add, commands to run, what to know about it."""

    kind: Kind
    title: str
    files: tuple[RecipeFile, ...]
    maps: tuple[MapAdded, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    notes: tuple[str, ...] = ()


def recipe(kind: Kind, hookup: Hookup) -> Recipe:
    """The recipe of that kind for this desk."""
    makers = {
        "postfix": _postfix,
        "postfix-alias": _postfix_alias,
        "procmail": _procmail,
        "maildrop": _maildrop,
        "exim": _exim,
        "getmail": _getmail,
    }
    return makers[kind](hookup)


def as_script(recipe: Recipe) -> str:
    """The recipe as text for a person: each file under its name, then the commands."""
    blocks = []
    for file in recipe.files:
        belongs = "" if file.owner == "root" else f", owned by {file.owner}"
        protected = "" if file.mode == 0o644 else f", mode {file.mode:o}"  # noqa: PLR2004 - the usual mode
        blocks.append(f"# {file.path}{belongs}{protected}\n{file.text}")
    commands = [
        f'postconf -e "{each.parameter} = $(postconf -h {each.parameter}) {each.table}"'
        for each in recipe.maps
    ]
    commands += [shlex.join(command) for command in recipe.commands]
    if commands:
        blocks.append("# then, as root\n" + "".join(f"{command}\n" for command in commands))
    return "\n".join(blocks)


def _postfix(hookup: Hookup) -> Recipe:
    """A transport of its own: pipe(8), virtual(5), transport(5)."""
    transport = f"desk-{hookup.name}"
    # Addresses become known, and ours, by a rewriting that keeps the local part and its +extension.
    # `.invalid` never exists outside (RFC 2606).
    domain = f"{transport}.invalid"
    virtual = [f"{address}\t{_local(address)}@{domain}\n" for address in hookup.addresses]
    service = (
        f"{transport} unix - n n - 4 pipe flags=DRX user={hookup.user} null_sender="
        f' argv=/bin/sh -c {{{hookup.shim} "$$@" >/dev/null 2>&1 || exit 75}} desk-ingest'
        " --sender=${sender} --recipient=${original_recipient}"
    )
    return Recipe(
        "postfix",
        "Postfix, by a transport",
        (
            RecipeFile(f"/etc/postfix/{transport}.virtual", "".join(virtual)),
            RecipeFile(f"/etc/postfix/{transport}.transport", f"{domain}\t{transport}:\n"),
        ),
        (
            MapAdded("virtual_alias_maps", f"texthash:/etc/postfix/{transport}.virtual"),
            MapAdded("transport_maps", f"texthash:/etc/postfix/{transport}.transport"),
        ),
        (
            ("postconf", "-M", f"{transport}/unix={service}"),
            ("postconf", "-e", f"{transport}_destination_recipient_limit=1"),
            ("postconf", "-e", f"{transport}_time_limit={PATIENCE}s"),
            ("postconf", "-e", "recipient_delimiter=+"),
            ("postfix", "reload"),
        ),
        (
            f"Mail is handed over as {hookup.user}; what cannot be taken in waits in the queue: `mailq`.",
            "Several copies of one mail, one an inbox, become one message.",
        ),
    )


def _postfix_alias(hookup: Hookup) -> Recipe:
    """Commands in an alias table run as the table's owner: local(8), "delivery rights"."""
    path = f"/etc/postfix/desk-{hookup.name}.aliases"
    lines = [f'{_local(address)}\t"|{_or_75(hookup.shim)}"\n' for address in hookup.addresses]
    return Recipe(
        "postfix-alias",
        "Postfix, by an alias",
        (RecipeFile(path, "".join(lines), owner=hookup.user),),
        (MapAdded("alias_maps", f"texthash:{path}"),),
        (("postconf", "-e", "recipient_delimiter=+"), ("postfix", "reload")),
        (
            f"The command runs as the owner of this table ({hookup.user}); as `nobody` when that is root.",
            "For addresses in Postfix's own domains (mydestination) only.",
        ),
    )


def _procmail(hookup: Hookup) -> Recipe:
    """procmailrc(5): `w` waits for the exit code; what stands below is reached only when it was not 0."""
    text = (
        f"# {_mark(hookup)}; the last two lines are reached only when it failed.\n"
        f":0 w\n| {hookup.shim}\nEXITCODE=75\nHOST\n"
    )
    return Recipe(
        "procmail",
        "procmail",
        (RecipeFile(f"{hookup.home}/.procmailrc", text, owner=hookup.user, whole=False),),
        notes=(
            "Without `w`, or with `c`, `i` or a recipe below, a mail that could not be taken in is lost.",
            f"The mail server must run procmail for {hookup.user}.",
        ),
    )


def _maildrop(hookup: Hookup) -> Recipe:
    """maildropfilter(7): a failed `to` inside `exception` goes on below it."""
    text = (
        f"# {_mark(hookup)}; the last two lines are reached only when it failed.\n"
        f'exception {{\n  to "| {hookup.shim}"\n}}\nEXITCODE=75\nexit\n'
    )
    return Recipe(
        "maildrop",
        "maildrop",
        (RecipeFile(f"{hookup.home}/.mailfilter", text, mode=0o600, owner=hookup.user, whole=False),),
        notes=(f"The mail server must run maildrop for {hookup.user}.",),
    )


def _exim(hookup: Hookup) -> Recipe:
    """A router for each domain and one transport: Exim's specification, chapters 15, 16 and 29."""
    name = f"desk_{hookup.name.replace('-', '_')}"
    domains: dict[str, list[str]] = {}
    for address in hookup.addresses:
        domains.setdefault(address.rpartition("@")[2], []).append(_local(address))
    routers = [
        f"{name}{f'_{number}' if number else ''}:\n"
        "  driver = accept\n"
        f"  domains = {domain}\n"
        f"  local_parts = {' : '.join(locals_)}\n"
        "  local_part_suffix = +*\n"
        "  local_part_suffix_optional\n"
        f"  transport = {name}\n"
        for number, (domain, locals_) in enumerate(domains.items())
    ]
    transport = (
        f"{name}:\n"
        "  driver = pipe\n"
        f"  command = {_or_75(hookup.shim)}\n"
        "  use_shell\n"
        f"  user = {hookup.user}\n"
        "  current_directory = /\n"
        "  home_directory = /\n"
        "  temp_errors = *\n"
        f"  timeout = {PATIENCE}s\n"
        "  timeout_defer\n"
        "  return_path_add\n"
        "  delivery_date_add = false\n"
        "  envelope_to_add\n"
        "  message_prefix =\n"
        "  message_suffix =\n"
    )
    folder = "/etc/exim4/conf.d"
    return Recipe(
        "exim",
        "Exim",
        (
            RecipeFile(f"{folder}/router/050_{name}", "\n".join(routers)),
            RecipeFile(f"{folder}/transport/50_{name}", transport),
        ),
        commands=(("update-exim4.conf",), ("service", "exim4", "reload")),
        notes=(
            "For Debian's split configuration; else both go into exim.conf, the router before local users'.",
            "The envelope reaches the shim by the variables SENDER and RECIPIENT, never by the shell.",
        ),
    )


def _getmail(hookup: Hookup) -> Recipe:
    """The mailbox's own settings are the user's: only what belongs to desk is said."""
    return Recipe(
        "getmail",
        "getmail",
        (),
        notes=(
            f"In {hookup.user}'s getmailrc, under [destination]: type = MDA_external, path = {hookup.shim}",
            "and unixfrom = false; under [options]: read_all = false.",
            "What the shim does not take stays on the server, and comes again with the next call.",
        ),
    )


def _or_75(shim: str) -> str:
    """For a shell: 75 also when the shim is gone, cannot be run or is killed; and not a word."""
    return f"{shim} >/dev/null 2>&1 || exit 75"


def _mark(hookup: Hookup) -> str:
    return f"desk setup mta: {hookup.name}"


def _local(address: str) -> str:
    return address.rpartition("@")[0]
