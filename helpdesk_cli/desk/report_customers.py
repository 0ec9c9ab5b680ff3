"""What reports call who opened a ticket: the organisation, else the customer, as customers/ has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpdesk_cli.desk.customers import customers_in, has_customers
from helpdesk_cli.storage.customer_files import id_of, is_organisation
from helpdesk_cli.storage.index_reports import requesters_of

if TYPE_CHECKING:
    from helpdesk_cli.desk.desk import Desk
    from helpdesk_cli.storage.customer_index import Customers
    from helpdesk_cli.storage.index import Index


def customer_names(desk: Desk, index: Index) -> dict[str, str]:
    """From a requester, as tickets write them, to that name; without strangers."""
    if not has_customers(desk):
        return {}
    customers = customers_in(desk, index)
    customers.refresh_requesters()
    found = {requester: who for requester, who in requesters_of(index).items() if who}
    names = {who: _name(customers, who) for who in set(found.values())}
    return {requester: names[who] for requester, who in found.items() if names[who]}


def _name(customers: Customers, who: str) -> str:
    """Of the file at that path; "" where it cannot be read any more."""
    if is_organisation(who):
        organisation = customers.organisation(id_of(who))
        return organisation.label if organisation else ""
    customer = customers.customer(id_of(who))
    if customer is None:
        return ""
    standing = customers.standing_of(customer)
    return standing.organisation.label if standing.organisation else customer.label
