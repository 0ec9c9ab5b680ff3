"""A query as this desk understands it: its words, its views, its time zone, and who asks."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from helpdesk_cli.desk.query_fields import ALL_FIELDS, ALL_FLAGS
from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.query.context import Context, Vocabulary
from helpdesk_cli.query.errors import QueryError
from helpdesk_cli.query.parse import parse
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from helpdesk_cli.desk.actor import Actor
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.query.nodes import Query
    from helpdesk_cli.storage.settings import Settings

# Who asks, found out when it matters.
Asker = Callable[[], "Actor | None"]
# Done whatever desk.yaml says, or leaves out.
ALWAYS_DONE = ("spam", "merged")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# The fields whose values desk.yaml declares.
DECLARED = ("status", "priority", "category", "type", "product", "team", "assignee", "inbox", "customer.tier")


def read_query(
    desk: Desk,
    query: str | Sequence[str],
    *,
    actor: Actor | Asker | None = None,
    in_use: Callable[[], Mapping[str, Sequence[str]]] | None = None,
) -> Query:
    """The query that a text, or the words of a command line, mean on this desk. Raises QueryError.

    `in_use` gives the words that tickets have; it is asked only where desk.yaml does not know one: what was
    declared once can still be asked for. So is an actor that is to be found out: `me` is refused without one.
    """
    context = context_of(desk, None if callable(actor) else actor)
    try:
        return parse(query, context)
    except QueryError:
        if callable(actor):
            return read_query(desk, query, actor=actor(), in_use=in_use)
        found = in_use() if in_use else {}
        if not found:
            raise
        try:
            return parse(query, replace(context, vocabulary=_with(context.vocabulary, found)))
        except QueryError:
            # The first complaint knows only what desk.yaml declares: what is proposed exists.
            pass
        raise


def context_of(desk: Desk, actor: Actor | None = None) -> Context:
    """What a query is read with on this desk."""
    words = vocabulary_of(desk.settings, me=actor.key if actor else "")
    if any(agent.away for agent in desk.settings.agents):
        words = replace(words, away=tuple(away_agents(desk)))
    return Context(desk.now, zone_of(desk), words, ALL_FIELDS, ALL_FLAGS)


def away_agents(desk: Desk) -> list[str]:
    """The keys of those whom desk.yaml calls away now; days are those of `notify: timezone`."""
    zone, agents = zone_of(desk), desk.settings.agents
    return [agent.key for agent in agents if agent.away and agent.away.covers(desk.now, zone)]


def vocabulary_of(settings: Settings, *, me: str = "") -> Vocabulary:
    """The desk's own words."""
    words = {
        key: tuple((word.name, *word.aliases) for word in declared)
        for key in DECLARED
        if (declared := settings.words(key)) is not None
    }
    return Vocabulary(
        words,
        waiting=tuple(word.name for word in settings.statuses if word.kind == "waiting"),
        done=done_statuses(settings),
        me=me,
        views=dict(settings.views),
        prefix=settings.prefix,
    )


def done_statuses(settings: Settings) -> tuple[str, ...]:
    """The names of the statuses that are done."""
    declared = [word.name for word in settings.statuses if word.kind == "done"]
    return (*declared, *(name for name in ALWAYS_DONE if name not in declared))


def done_words(settings: Settings) -> frozenset[str]:
    """Every folded spelling of the statuses that are done: what the facts of an index depend on."""
    return vocabulary_of(settings).statuses("done")


def zone_of(desk: Desk) -> tzinfo:
    """The time zone in which this desk counts days."""
    return zone_in(desk.settings)


def zone_in(settings: Settings) -> tzinfo:
    """The same of its settings."""
    name = settings.notify.timezone
    return UTC if name in {"", "UTC"} else _Zone(name)


def local_text(desk: Desk, moment: datetime) -> str:
    """`Mon 2026-11-23 09:00` in the desk's time zone."""
    try:
        local = moment.astimezone(zone_of(desk))
    except OverflowError:
        # The last day of the year 9999, which a hand wrote, has no morning in the east.
        local = moment
    return f"{_DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M}"


class _Zone(tzinfo):
    """A time zone that is loaded when it is asked: most queries have no date in them."""

    def __init__(self, name: str) -> None:
        """`name` as desk.yaml has it; InvalidFileError comes when it is first asked."""
        self._name = name
        self._zone: tzinfo | None = None

    def _loaded(self) -> tzinfo:
        if self._zone is None:
            try:
                zone: tzinfo = importlib.import_module("zoneinfo").ZoneInfo(self._name)
            except (KeyError, ValueError, OSError) as error:
                hint = "Write one as Europe/Berlin, under `notify:`."
                raise InvalidFileError(f'unknown time zone "{self._name}"', "desk.yaml", hint) from error
            self._zone = zone
        return self._zone

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """As the zone has it."""
        return self._loaded().utcoffset(self._own(dt))

    def dst(self, dt: datetime | None) -> timedelta | None:
        """As the zone has it."""
        return self._loaded().dst(self._own(dt))

    def tzname(self, dt: datetime | None) -> str | None:
        """As the zone has it."""
        return self._loaded().tzname(self._own(dt))

    def fromutc(self, dt: datetime) -> datetime:
        """As the zone has it."""
        return self._loaded().fromutc(dt.replace(tzinfo=self._loaded())).replace(tzinfo=self)

    def _own(self, dt: datetime | None) -> datetime | None:
        return None if dt is None else dt.replace(tzinfo=self._loaded())


def _with(vocabulary: Vocabulary, in_use: Mapping[str, Sequence[str]]) -> Vocabulary:
    words = dict(vocabulary.words)
    for key, names in in_use.items():
        if key in words:
            fresh = [name for name in names if vocabulary.spellings(key, name) == frozenset({name})]
            known = {name for word in words[key] for name in word}
            words[key] = (*words[key], *((name,) for name in fresh if name not in known))
    return replace(vocabulary, words=words)
