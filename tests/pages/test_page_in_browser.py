"""The dashboard in a real browser: what it shows, to whom, and what it never does."""

from __future__ import annotations

import http.server
import json
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from pages.browser import Browser
from pages.made import HOSTILE, PERIOD, make_desk

from helpdesk_cli.desk.dashboard import page_of
from helpdesk_cli.desk.report import Report, Wish, report
from helpdesk_cli.desk.service import service_page, service_report
from helpdesk_cli.pages.wording import words
from helpdesk_cli.tickets.escapes import make_visible

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from care.world import World

# Everything that holds a text, with the colour behind it; WCAG 2.2, 1.4.3.
CONTRAST = """
(() => {
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [.2126, .7152, .0722][n], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const color = numbers(getComputedStyle(node).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let count = 0;
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || /^(title|desc)$/i.test(node.tagName)) continue;
    const style = getComputedStyle(node);
    const ink = numbers(node instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    count += 1;
    if (ratio < 4.5) poor.push(walker.currentNode.data.trim().slice(0, 30) + ' ' + ratio.toFixed(2));
  }
  return JSON.stringify({ count, poor });
})()
"""
TABLES = """
JSON.stringify([...document.querySelectorAll('section.panel')].map((panel) => [panel.id,
  [...panel.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent))]))
"""
CHARTS = """
JSON.stringify([...document.querySelectorAll('svg[role=img]')].map((svg) => ({
  title: svg.querySelector('title')?.textContent,
  said: svg.getAttribute('aria-labelledby').split(' ').map((id) => document.getElementById(id)?.textContent),
  table: !!svg.closest('section').querySelector('details table'),
  box: [svg.getBoundingClientRect().width, svg.getBoundingClientRect().height] })))
"""
REACHED = "JSON.stringify([document.activeElement.tagName, document.activeElement.textContent.slice(0, 30)])"


@dataclass
class Shown:
    """The page in the browser, the desk it is of, and what was asked of the server."""

    browser: Browser
    world: World
    report: Report
    url: str
    asked: list[str] = field(default_factory=list)

    def json(self, script: str) -> Any:
        """What the script gives, as JSON."""
        return json.loads(self.browser.run(script))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    home = tmp_path_factory.mktemp("pages")
    world = make_desk(home / "desk")
    found = report(world.desk, "html", Wish(PERIOD, compare=True))
    page = page_of(world.desk, found).encode()
    asked: list[str] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200 if self.path == "/page.html" else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page if self.path == "/page.html" else b"")

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Browser(home / "profile") as browser:
        browser.resize(1024, 800)
        browser.prefer()
        url = f"http://127.0.0.1:{server.server_port}/page.html"
        browser.open(url)
        yield Shown(browser, world, found, url, asked)
    server.shutdown()
    server.server_close()


def test_it_loads_nothing_and_nothing_is_wrong(shown: Shown) -> None:
    shown.asked.clear()
    shown.browser.events.clear()
    shown.browser.open(shown.url)
    assert shown.browser.run("document.readyState") == "complete"
    told = [each["method"] for each in shown.browser.events]
    assert told.count("Network.requestWillBeSent") == 1
    assert not {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"} & set(told)
    assert shown.asked == ["/page.html"]
    # The policy is in force: even what runs in the page can load nothing.
    shown.browser.run("new Image().src = '/stolen?42'; fetch('/stolen').catch(() => 0); 1")
    blocked = shown.browser.run(
        "document.head.appendChild(document.createElement('script')).text = 'a = 1'; 1"
    )
    assert blocked
    assert shown.asked == ["/page.html"]


def test_what_people_write_is_text(shown: Shown) -> None:
    browser = shown.browser
    assert (
        browser.run("document.title")
        == f"Example support: {browser.run('document.querySelector(`h1`).innerText')}"
    )
    tags = (
        "script, img, style:not(head > style), a[href^='javascript'], [onload], [onerror], iframe, form, link"
    )
    browser.open(shown.url)
    assert browser.run(f'document.querySelectorAll("{tags}").length') == 0
    text = browser.run("document.body.textContent")
    for subject in HOSTILE:
        assert make_visible(subject).strip() in text
    assert not set("\u202e\u2066\u200b") & set(text)


@pytest.mark.parametrize("width", [360, 768, 1920])
def test_no_window_is_too_narrow(shown: Shown, width: int) -> None:
    shown.browser.resize(width, 800)
    shown.browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true }); 1")
    assert shown.browser.run("window.innerWidth") == width
    assert shown.browser.run("document.documentElement.scrollWidth") <= width
    boxes = [chart["box"] for chart in shown.json(CHARTS)]
    assert all(wide > 200 and high > 100 for wide, high in boxes), boxes
    # A letter that nobody can read is no letter.
    assert (
        shown.browser.run(
            "Math.min(...[...document.querySelectorAll('p, td, th, text, span, a')]"
            ".map((each) => parseFloat(getComputedStyle(each).fontSize)))"
        )
        >= 12
    )
    shown.browser.run("document.querySelectorAll('details').forEach((each) => { each.open = false }); 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_by_day_and_by_night(shown: Shown, scheme: str) -> None:
    shown.browser.prefer(scheme=scheme)
    found = shown.json(CONTRAST)
    assert found["count"] > 100
    assert found["poor"] == []
    ground = shown.browser.run("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(20, 23, 27)") is (scheme == "dark")
    shown.browser.prefer()


def test_each_picture_has_words_and_a_table_behind_it(shown: Shown) -> None:
    charts = shown.json(CHARTS)
    assert len(charts) >= 5
    for chart in charts:
        assert chart["table"], chart
        assert all(chart["said"]), chart


def test_the_tables_say_what_the_reports_say(shown: Shown) -> None:
    tables = dict(shown.json(TABLES))
    compared = 0
    for name in ("attention", "volume", "sla", "spread", "quality", "arrivals", "agents", "backlog", "times"):
        alone = report(shown.world.desk, name, Wish(PERIOD)).json()
        for section in alone["sections"]:
            if section["name"] not in tables or not section["items"]:
                continue
            heads = section["columns"]
            hidden = {"team", "until", "first_responses", "handled", "reviewed"}
            rows = section["items"] + ([section["sum"]] if section["sum"] else [])
            wanted = [
                [
                    make_visible(words(row[head["key"]], head["unit"]))
                    for head in heads
                    if head["key"] not in hidden
                ]
                for row in rows
            ]
            shown_rows = tables[section["name"]]
            assert [row[:1] for row in shown_rows] == [row[:1] for row in wanted][: len(shown_rows)]
            assert shown_rows == wanted[: len(shown_rows)], section["name"]
            compared += len(shown_rows)
    assert compared > 60


def test_a_keyboard_reaches_everything(shown: Shown) -> None:
    browser = shown.browser
    browser.resize(1024, 800)
    browser.open(shown.url)
    stops = []
    wanted = browser.run("document.querySelectorAll('a, summary').length")
    for _ in range(wanted + 30):
        browser.press("Tab")
        stops.append(tuple(shown.json(REACHED)))
        if stops[-1][0] == "BODY":
            break
    assert stops[0] == ("A", "To the figures")
    assert sum(tag in {"A", "SUMMARY"} for tag, _ in stops) >= wanted
    browser.run("document.querySelector('summary').focus(); 1")
    browser.press("Enter")
    assert browser.run("document.querySelector('details').open") is True


def test_what_a_customer_is_given_is_one_page_of_paper(shown: Shown, tmp_path: Path) -> None:
    """Of an organisation with more requests than fit: as many as do, and how many more there are."""
    folder = shown.world.root / "customers" / "organisations"
    folder.mkdir(parents=True)
    domains = {each.requester.email.split("@")[1] for each in shown.world.tickets()}
    (folder / "acme.md").write_text(f"---\nname: Acme\ndomains: [{', '.join(sorted(domains))}]\n---\n")
    found = service_report(shown.world.desk, "acme", Wish(PERIOD))
    (requests,) = (each for each in found.sections if each.name == "requests")
    assert len(requests.rows) > 24
    page = tmp_path / "acme.html"
    page.write_text(service_page(shown.world.desk, found))
    assert f"and {len(requests.rows) - 24} more, not on this page" in page.read_text()
    browser = shown.browser
    browser.open(page.as_uri())
    assert browser.run("document.querySelectorAll('#requests tbody tr').length") == 24
    browser.prefer(media="print")
    assert pages_in(browser.paper()) == 1
    browser.resize(718, 1000)
    assert browser.run(
        "[...document.querySelectorAll('.short')].every((each) => each.getClientRects().length === 1)"
        " && [...document.querySelectorAll('.short')].every((each) => each.offsetHeight < 30)"
    )
    browser.resize(1024, 800)
    browser.prefer()


def pages_in(paper: bytes) -> int:
    """How many pages a PDF has."""
    return len(re.findall(rb"/Type ?/Page\b", paper))


def test_it_can_be_printed(shown: Shown) -> None:
    browser = shown.browser
    browser.open(shown.url)
    browser.prefer(media="print", scheme="dark")
    assert browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tables = "[...document.querySelectorAll('details table')]"
    heights = shown.json(f"JSON.stringify({tables}.map((each) => each.getBoundingClientRect().height))")
    # On paper nobody can open anything.
    assert all(heights)
    paper = browser.paper()
    browser.prefer()
    assert paper.startswith(b"%PDF-")
    assert 1 <= pages_in(paper) <= 18
    # After all of this nothing but the page was ever asked for.
    assert set(shown.asked) == {"/page.html"}
