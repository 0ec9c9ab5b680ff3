"""A desk with some months behind it and people in it who write markup, and its dashboard."""

from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

from care.world import ENVIRONMENT, World

from helpdesk_cli.desk.init import init

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
years = importlib.import_module("years")
DAYS = 90
NOW = years.START + timedelta(days=DAYS, hours=15)
PERIOD = "30d"
HOSTILE = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=\'taken\'">',
    "</style><style>*{display:none}</style>",
    "</title></svg><svg onload=\"document.title='taken'\">",
    "{{ 7*7 }} {% raw %} ${7*7}",
    "W" * 600,
    "\u202egnp.exe\u2066 \u200bhidden",
    "<a href=javascript:alert(1)>x</a> &amp; &lt;",
)


def make_desk(root: Path, *, tickets: int = 240) -> World:
    """The desk; the hostile mails came just now, and nobody has answered them for days."""
    init(root, now=years.START, environment=ENVIRONMENT)
    years.write_years(root, years.Maker(tickets=tickets, days=DAYS, seed=7).made)
    world = World(root, now=NOW - timedelta(days=6))
    for number, subject in enumerate(HOSTILE):
        world.take(_mail(number, subject, world))
    # One of them did nothing that a rating or a tag could not do as well.
    (path,) = root.glob(f"tickets/*/*/TICKET-{tickets + 1}.md")
    path.write_text(path.read_text().replace("\nstatus:", '\ntags:\n- "<b>tag</b>"\nstatus:', 1))
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
    subprocess.run(
        [
            "git",
            "-C",
            str(root),
            "-c",
            "user.name=Dana",
            "-c",
            "user.email=dana@example.com",
            "commit",
            "-qm",
            "Tag",
        ],
        check=True,
    )
    return World(root, now=NOW)


def _mail(number: int, subject: str, world: World) -> bytes:
    mail = EmailMessage()
    mail["From"] = Address(subject[:60], f"h{number}", "evil.example")
    mail["To"] = "support@example.com"
    mail["Subject"] = subject
    mail["Date"] = world.now
    mail["Message-ID"] = f"<h{number}@evil.example>"
    mail.set_content("Look at this.\n")
    return mail.as_bytes()
