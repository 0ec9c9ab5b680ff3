"""What queries ask of customers: rows for the table of query/fields, and what they read.

The facts lie under names like `customer:tier`: SQL asks the view `customer_items` for those, which has the
columns of `items` (query/sql, storage/customer_index).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.customers.customer import Standing
from helpdesk_cli.query.fields import Field, Flag
from helpdesk_cli.query.folding import fold_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from helpdesk_cli.query.fields import Kind
    from helpdesk_cli.query.story import Story

# The keys of `Story.extra`: a Standing, and whether no earlier ticket is the same person's.
STANDING = "customer"
IS_NEW = "customer-is-new"
# The declared words of tiers in the vocabulary.
TIERS = "customer.tier"
# What the index has it under.
NEW = "customer:new"
_BOOL = ("true", "false")


def items_of(standing: Standing) -> dict[str, tuple[str, ...]]:
    """What is known of somebody, by the name under which it is stored; not folded."""
    customer, organisation = standing.customer, standing.organisation
    named = (customer.organisation,) if customer else ()
    theirs = (organisation.id, organisation.name, *organisation.domains) if organisation else named
    return {
        "customer:name": (customer.id, customer.name) if customer else (),
        "customer:tier": (standing.tier,),
        "customer:vip": ("true" if standing.vip else "false",),
        "customer:tag": standing.tags,
        "customer:account": (standing.account,),
        "customer:organisation": theirs,
    }


def folded_items(standing: Standing) -> dict[str, tuple[str, ...]]:
    """The same, folded as the index has it."""
    return {name: fold_all(values) for name, values in items_of(standing).items()}


def _field(
    key: str,
    kind: Kind,
    about: str,
    item: str,
    aliases: tuple[str, ...] = (),
    *,
    words: str = "",
    values: tuple[str, ...] = (),
) -> Field:
    name = f"customer:{item}"

    def read(story: Story) -> tuple[str, ...]:
        return items_of(story.extra.get(STANDING) or Standing())[name]

    return Field(key, kind, about, read, aliases, column=name, words=words, values=values)


def _is_new(story: Story) -> tuple[str, ...]:
    said = story.extra.get(IS_NEW)
    if said is None:
        return ()
    return ("true" if (said() if callable(said) else said) else "false",)


FIELDS: tuple[Field, ...] = (
    _field("customer", "name", "words in the name of the requester's file or in the name there", "name"),
    _field("customer.tier", "tag", "the requester's tier, or the organisation's", "tier", words=TIERS),
    _field("customer.vip", "exact", "whether the requester is a VIP", "vip", values=_BOOL),
    Field(
        "customer.new",
        "exact",
        "whether it is the requester's first ticket",
        _is_new,
        column=NEW,
        values=_BOOL,
    ),
    _field("customer.tag", "tag", "tags of the requester and the organisation", "tag", ("customer.tags",)),
    _field("customer.account", "exact", "the requester's account, or the organisation's", "account"),
    _field(
        "org",
        "exact",
        "the requester's organisation: the name of its file, its name or a domain",
        "organisation",
        ("organisation", "organization", "customer.organisation"),
    ),
)
FLAGS: tuple[Flag, ...] = (
    Flag("is", "vip", "customer.vip:true", "its requester is a VIP"),
    Flag("is", "first", "customer.new:true", "it is the first of its requester"),
)
KEYS = frozenset(row.key for row in FIELDS)


def extra_of(standing: Standing, *, is_new: Callable[[], bool] | bool | None = None) -> Mapping[str, object]:
    """What `query.facts.facts_of` takes as `extra`; `is_new` is called where its row is read."""
    return {STANDING: standing, IS_NEW: is_new}
