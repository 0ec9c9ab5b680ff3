"""The variables of templates: one table, from which rendering, lint, help and docs follow."""

from __future__ import annotations

from helpdesk_cli.tickets.fields import FIELDS
from helpdesk_cli.values import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that templates know: what it gives, why it may be empty ("": it never is), what lint fills in.

    `purpose` "": known to every template, else only to those of that purpose.
    """

    name: str
    about: str
    empty_when: str = ""
    sample: str | tuple[str, ...] = ""
    purpose: str = ""
    is_list: bool = False


_OWN = (
    Variable(
        "customer_name",
        "The requester's name, as they write it themselves, else as it stands in customers/.",
        "The requester gave no name",
    ),
    Variable(
        "customer_first_name",
        "The requester's first name.",
        "The requester gave no name, or one that is no person's",
    ),
    Variable("customer_email", "The requester's address.", "The requester has no mail address"),
    Variable(
        "customer_tier",
        "The tier of the requester, or of the organisation (customers/).",
        "Neither the customer's file nor the organisation's has a tier",
    ),
    Variable(
        "customer_account",
        "The account of the requester, or of the organisation (customers/).",
        "Neither the customer's file nor the organisation's has an account",
    ),
    Variable(
        "organisation",
        "The name of the requester's organisation (customers/).",
        "No organisation is known of the requester",
    ),
    Variable("ticket_id", "The number: 42.", sample="42"),
    Variable("ticket_ref", "The ticket as people name it: TICKET-42.", sample="TICKET-42"),
    Variable("ticket_subject", "The ticket's subject.", "The ticket has no subject"),
    Variable(
        "sla_time",
        "How soon the first answer is promised, in words: one hour, two working days (sla.yaml).",
        "sla.yaml has no first-response time for this ticket",
    ),
    Variable("agent_name", "Who answers; without an agent, the desk's name.", sample="Dana Davis"),
    Variable("agent_first_name", "The first name of who answers.", sample="Dana"),
    Variable(
        "agent_signature", "Their signature.", "The agent has no `signature:` in desk.yaml, or none answers"
    ),
    Variable("company", "`company:` in desk.yaml, else the desk's name.", sample="Example"),
    Variable("desk_name", "`name:` in desk.yaml.", sample="Example support"),
    Variable("inbox_address", "The address that the ticket came to.", "desk.yaml names no inbox"),
    Variable("assignee_name", "The name of the agent whose ticket it is.", "Nobody has taken the ticket"),
)
_NEVER_EMPTY = {
    "id": "TICKET-42",
    "uid": "4vq7m3x9k2wd8h5n",
    "status": "open",
    "created_at": "20 November 2026",
}
_FIELDS = tuple(
    Variable(
        field.attribute,
        f"The ticket's `{field.key}`{', as a list' if field.shape in {'list', 'people'} else ''}.",
        "" if field.attribute in _NEVER_EMPTY else f"The ticket has no {field.key}",
        _NEVER_EMPTY.get(field.attribute, ""),
        is_list=field.shape in {"list", "people"},
    )
    for field in FIELDS
)
_RATING = "A mail link that says how it went: "
_PURPOSES = (
    Variable("link_good", f"{_RATING}good.", sample="mailto:support@example.com", purpose="csat"),
    Variable("link_ok", f"{_RATING}all right.", sample="mailto:support@example.com", purpose="csat"),
    Variable("link_bad", f"{_RATING}bad.", sample="mailto:support@example.com", purpose="csat"),
    Variable("what", "What happened, in a line or several.", sample="Ada answered.", purpose="notification"),
    Variable(
        "text", "What was written; it may have many lines.", "Nothing was written", purpose="notification"
    ),
    Variable("how_to_answer", "What answering this mail does.", "It cannot be answered", "", "notification"),
    Variable("what", "What happened, ticket by ticket.", sample="TICKET-42: Ada answered.", purpose="digest"),
    Variable("count", "How many tickets it is about.", sample="1", purpose="digest"),
)
VARIABLES = (*_OWN, *_FIELDS, *_PURPOSES)


def variables_for(purpose: str) -> dict[str, Variable]:
    """The variables that a template of this purpose knows, by name."""
    return {each.name: each for each in VARIABLES if each.purpose in {"", purpose}}


def explain_empty(variable: Variable) -> str:
    """What to do about a variable that has nothing to say for a ticket."""
    why = f"{variable.empty_when}. " if variable.empty_when else ""
    if variable.is_list:
        return f"{why}Put it into `{{% if {variable.name} %}} … {{% endif %}}`."
    return f'{why}Give another word for such tickets: {{{{ {variable.name} | default("…") }}}}.'
