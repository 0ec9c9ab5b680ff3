"""Topics: what people write about, whether it grows, how long it takes, and what is written down about it."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import TYPE_CHECKING

from helpdesk_cli.reports.figures.groups import NONE, group
from helpdesk_cli.reports.figures.numbers import as_length, median, share
from helpdesk_cli.reports.figures.occurrences import in_period, lengths, openings, resolutions
from helpdesk_cli.reports.figures.section import Head, Section
from helpdesk_cli.values import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from helpdesk_cli.reports.figures.asked import Asked
    from helpdesk_cli.reports.figures.history import History
    from helpdesk_cli.reports.figures.section import Cells

SUMMARY = "What people write about, whether it grows, how long it takes."
NEEDS = frozenset({"previous", "customers", "topics"})
GROUPS = ("tag", "category", "type", "product", "customer")
_TITLES = {
    "tag": "Tags",
    "category": "Categories",
    "type": "Types",
    "product": "Products",
    "customer": "Customers",
}
# Two tags that are on the same tickets four times in five say the same; of fewer tickets nobody can say.
_TOGETHER, _ENOUGH = 0.8, 5
# A topic is frequent from so many tickets on, and from so much of all.
_FREQUENT, _MUCH = 5, 0.05
_NOTES = (
    (
        "In: tickets opened in the period, share: of all of these, before: in the period before. A ticket"
        " with two tags counts for both."
    ),
    "Resolution: the median of those resolved in the period.",
)


def build(histories: Sequence[History], asked: Asked) -> list[Section]:
    """A section for each kind of topic; then what is odd about the tags, and what has no article."""
    groups = (asked.by,) if asked.by else GROUPS
    sections = [_topics(by, histories, asked) for by in groups]
    sections = [each for each in sections if len(each.rows) > 1 or asked.by or _has_any(each)]
    if sections:
        sections[-1] = replace(sections[-1], notes=(*_NOTES, asked.time_name))
    if asked.by in {"", "tag"}:
        sections += [_overlapping(histories, asked), _unused(asked)]
    if not asked.by:
        sections.append(_without_article(histories, asked))
    return sections


def _has_any(section: Section) -> bool:
    return any(row[0] != NONE for row in section.rows)


def _topics(by: str, histories: Sequence[History], asked: Asked) -> Section:
    asked = replace(asked, by=by)
    earlier = replace(asked, start=asked.previous[0], end=asked.previous[1])
    opened, done = (
        in_period(openings(histories), asked),
        in_period(resolutions(histories, between=asked.between), asked),
    )
    now, ended = group(opened, asked), group(done, asked)
    before = group(in_period(openings(histories), earlier), asked)
    every = {label: now.get(label, []) for label in (*now, *ended, *before)}
    labels = sorted(every, key=lambda label: (label == NONE, -len(every[label]), label))
    rows = tuple(
        (
            label,
            len(every[label]),
            share(len(every[label]), len(opened)),
            len(before.get(label, ())),
            len(every[label]) - len(before.get(label, ())),
            as_length(median(lengths(ended.get(label, ())))),
        )
        for label in labels
    )
    heads = (
        Head("label", by.upper(), "text"),
        Head("in", "IN"),
        Head("share", "SHARE", "share"),
        Head("before", "BEFORE"),
        Head("change", "CHANGE", "change", better="less"),
        Head("resolution", "RESOLUTION", "length", better="less"),
    )
    return Section(f"by-{by}", _TITLES[by], heads, rows, picture="bars", drawn="in", limit=asked.top)


def _overlapping(histories: Sequence[History], asked: Asked) -> Section:
    """Pairs of tags that say the same: on the same tickets, or spelled almost alike."""
    of_period = [each for each in histories if asked.holds(each.created)]
    single = Counter(tag for each in of_period for tag in each.tags)
    both = Counter(pair for each in of_period for pair in combinations(sorted(each.tags), 2))
    rows: list[Cells] = []
    for (one, other), number in sorted(both.items(), key=lambda each: (-each[1], each[0])):
        either = single[one] + single[other] - number
        if number >= _ENOUGH and number >= _TOGETHER * either:
            rows.append((one, other, number, share(number, either), "on the same tickets"))
    known = sorted({*single, *(tag for tag, _, _ in asked.tags)})
    spelled: dict[str, list[str]] = {}
    for tag in known:
        spelled.setdefault(_plain(tag), []).append(tag)
    for words in spelled.values():
        for one, other in combinations(words, 2):
            number = both[one, other]
            either = single[one] + single[other] - number
            rows.append((one, other, number, share(number, either), "spelled alike"))
    heads = (
        Head("one", "TAG", "text"),
        Head("other", "AND", "text"),
        Head("together", "TOGETHER"),
        Head("share", "SHARE", "share"),
        Head("why", "WHY", "text"),
    )
    note = (
        "Tags that are together on at least five tickets of the period and on four in five of those that have"
        " either; and tags that differ in case, hyphens or a plural."
    )
    return Section("overlapping-tags", "Tags that may be one", heads, tuple(rows), (note,))


def _plain(tag: str) -> str:
    """The tag without what people spell now so, now so."""
    word = re.sub(r"[\s_.-]+", "", tag.casefold())
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _unused(asked: Asked) -> Section:
    """Tags that no ticket of the period has."""
    found = [(tag, number, last) for tag, number, last in asked.tags if last < asked.start]
    rows = tuple(
        (tag, number, asked.local(last))
        for tag, number, last in sorted(found, key=lambda each: (each[2], each[0]))
    )
    heads = (Head("tag", "TAG", "text"), Head("tickets", "TICKETS"), Head("last", "LAST OPENED", "time"))
    note = "Tags of older tickets that none opened since the beginning of the period has."
    return Section("unused-tags", "Tags out of use", heads, rows, (note,), limit=asked.top)


def _without_article(histories: Sequence[History], asked: Asked) -> Section:
    of_period = [each for each in histories if asked.holds(each.created)]
    counts = Counter(tag for each in of_period for tag in each.tags)
    rows = [
        (tag, number, share(number, len(of_period)))
        for tag, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        if number >= _FREQUENT and number >= _MUCH * len(of_period) and not _has_article(tag, asked)
    ]
    heads = (Head("tag", "TAG", "text"), Head("in", "IN"), Head("share", "SHARE", "share"))
    note = (
        "Tags of at least five tickets, and of a twentieth of all, of the period, with no article in kb/ that"
        " has the tag, or the word in its title."
    )
    return Section(
        "without-article", "Frequent, and no article", heads, tuple(rows), (note,), limit=asked.top
    )


def _has_article(tag: str, asked: Asked) -> bool:
    word = _plain(tag)
    return any(word in _words(topic.tags) or word in _words(topic.title.split()) for topic in asked.articles)


def _words(found: Iterable[str]) -> set[str]:
    return {_plain(re.sub(r"[^\w\s-]+", "", word)) for word in found}
