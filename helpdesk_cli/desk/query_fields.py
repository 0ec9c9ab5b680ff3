"""Every field and flag that queries know on a desk: those of tickets, and those of higher floors."""

from __future__ import annotations

from helpdesk_cli.customers import fields as customers
from helpdesk_cli.query.fields import FIELDS, FLAGS
from helpdesk_cli.sla import fields as sla

ALL_FIELDS = (*FIELDS, *customers.FIELDS, *sla.FIELDS)
ALL_FLAGS = (*FLAGS, *customers.FLAGS)
