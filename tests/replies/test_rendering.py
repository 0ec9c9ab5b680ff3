"""Templates: what fills them, what they may say, and that nobody's text is ever read as one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.errors import InvalidFileError
from helpdesk_cli.replies.articles import Article
from helpdesk_cli.replies.rendering import EmptyValueError, Value, articles_in, fill, names_in
from helpdesk_cli.replies.template import Rendered, Template
from helpdesk_cli.replies.variables import VARIABLES, variables_for

VAT = Article("billing/vat", "kb/billing/vat.md", "How VAT works", link="https://help.example.com/vat")
HOURS = Article("hours", "kb/hours.md", "Our hours", body="Nine to five.\n\n{{ not_a_template }}")
VALUES: dict[str, Value] = {
    "customer_name": "Ada Lovelace",
    "customer_first_name": "Ada",
    "ticket_id": "42",
    "ticket_ref": "TICKET-42",
    "ticket_subject": "Invoice",
    "status": "open",
    "agent_name": "Dana Davis",
    "sla_time": "4 hours",
    "tags": ("invoice", "vat"),
    "product": "",
    "links": (),
}
# RELIABILITY T46, and more of its kind: as text of a template each is refused, as a value each is just text.
HOSTILE = (
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ customer_name.__class__ }}",
    "{{ customer_name['__class__'] }}",
    "{{ customer_name|attr('__class__') }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ joiner }}{{ namespace }}{{ dict(a=1) }}",
    "{{ ''.format(customer_name) }}",
    "{{ '{0.__class__}'.format(customer_name) }}",
    "{{ '%s' % customer_name }}",
    "{{ '%s'|format(customer_name) }}",
    "{{ 'A' * 50000000 }}",
    "{{ 10 ** 10 ** 10 }}",
    "{{ range(100000000)|join }}",
    "{% for i in range(100000000) %}x{% endfor %}",
    "{% for i in 'AAAAAAAA' %}x{% endfor %}",
    "{% for a in tags %}{% for b in tags %}x{% endfor %}{% endfor %}",
    "{% for a in tags recursive %}{{ loop(tags) }}{% endfor %}",
    "{% for a in tags %}{{ loop.cycle.__globals__ }}{% endfor %}",
    "{% set a = 'AAAA' %}{{ a }}",
    "{% set x %}{{ customer_name }}{% endset %}",
    "{% with a = 'A' %}{{ a }}{% endwith %}",
    "{% macro m() %}x{% endmacro %}{{ m() }}",
    "{% call m() %}x{% endcall %}",
    "{% filter upper %}x{% endfilter %}",
    "{% include 'desk.yaml' %}",
    "{% include '/etc/passwd' %}",
    "{% import 'x' as y %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block a %}x{% endblock %}",
    "{% autoescape false %}x{% endautoescape %}",
    "{% debug %}",
    "{% do tags.append('x') %}",
    "{{ tags.append('x') }}",
    "{{ customer_name|replace('A', 'AAAAAAAA') }}",
    "{{ customer_name|center(1000000000) }}",
    "{{ customer_name|indent(1000000000) }}",
    "{{ tags|map('upper')|join }}",
    "{{ article(customer_name) }}",
    "{{ article('vat', 'x') }}",
    "{{ article.__globals__ }}",
    "{{ article }}",
    "{{ 1.5 }}",
    "{{ {'a': 1} }}",
    "{{ -1 }}",
    "{{ tags[0] }}",
    "{{ tags[:1] }}",
    "{{ _private }}",
    "{{ nobody }}",
    "{{ customer_nme }}",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "{{ " + "not " * 5000 + "1 }}",
    "{{ " + " or ".join(["1"] * 5000) + " }}",
    "{{ " + "9" * 60000 + " }}",
    "{% if 1 %}" * 2000 + "{% endif %}" * 2000,
    "{{ customer_name" + "|upper" * 2000 + " }}",
    "{{",
    "{%",
    "{{ customer_name",
    "{% if customer_name %}",
    "{% endif %}",
    "{# never closed",
)


def of(body: str, *, subject: str = "", purpose: str = "reply") -> Template:
    """A template with that text, which begins in line 5 of its file."""
    return Template(
        "billing/refund",
        "templates/billing/refund.md",
        body,
        body_line=5,
        subject=subject,
        subject_line=2,
        purpose=purpose,
    )


def said(body: str, *, subject: str = "", **changed: Value) -> Rendered:
    articles = {"vat": VAT, "hours": HOURS}
    return fill(
        of(body, subject=subject), {**VALUES, **changed}, articles, known_articles=("billing/vat", "hours")
    )


def refused(body: str, **changed: Value) -> InvalidFileError:
    with pytest.raises(InvalidFileError) as caught:
        said(body, **changed)
    return caught.value


def test_the_example_of_the_issue() -> None:
    rendered = said(
        "Hi {{customer_name}},\n\nwe answer within {{sla_time}}.\n\n{{agent_name}}\n",
        subject="Re: [TICKET-{{ticket_id}}] {{ticket_subject}}",
    )
    assert rendered.subject == "Re: [TICKET-42] Invoice"
    assert rendered.text == "Hi Ada Lovelace,\n\nwe answer within 4 hours.\n\nDana Davis\n"
    assert rendered.used == (("template", "billing/refund"),)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ('Hi {{ customer_first_name | default("there") }},', "Hi Ada,"),
        ('For {{ product | default("it") }}.', "For it."),
        ('For {{ product | upper | default("it") }}.', "For it."),
        ("For {{ product or 'it' }}.", "For it."),
        ("{% if product %}For {{ product }}.{% else %}For all.{% endif %}", "For all."),
        ("{% if not product %}none{% endif %}", "none"),
        ("{% if product is defined %}yes{% else %}no{% endif %}", "no"),
        ('{% if status == "open" %}open{% endif %}', "open"),
        ('{% if product == "open" %}open{% else %}other{% endif %}', "other"),
        ('{% if "vat" in tags %}VAT{% endif %}', "VAT"),
        ('{% if "vat" in links %}VAT{% else %}none{% endif %}', "none"),
        ('{{ tags | join(" and ") }}', "invoice and vat"),
        ('{{ links | join(" and ") | default("none") }}', "none"),
        ("{{ links | length }} {{ tags | length }}", "0 2"),
        (
            "{% for tag in tags %}{{ loop.index }}. {{ tag }}{% if not loop.last %}, {% endif %}{% endfor %}",
            "1. invoice, 2. vat",
        ),
        ("{% for link in links %}x{% else %}none{% endfor %}", "none"),
        ("{{ tags | first }} {{ tags | last }}", "invoice vat"),
        ("{{ customer_name | truncate(9) }}", "Ada…"),
        ("{{ customer_name ~ '!' }}", "Ada Lovelace!"),
        ("{% raw %}{{ braces }}{% endraw %}", "{{ braces }}"),
        ("a{# nobody sees this #}b", "ab"),
        ("a\n{% if status %}\nb\n{% endif %}\nc", "a\nb\nc"),
        ('{{ article("vat") }}', "How VAT works: https://help.example.com/vat"),
        ('{{ article("hours") }}', "Nine to five.\n\n{{ not_a_template }}"),
        ("{{ 'x' if product else 'y' }}", "y"),
        ("a{{ 'x' if product }}b", "ab"),
        ("{{ ('x' if product) | d('y') }}", "y"),
    ],
)
def test_what_a_template_may_say(body: str, text: str) -> None:
    assert said(body).text == f"{text}\n"


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ("Hi\n\n{{ product }}", ":7", "product is empty for this ticket. The ticket has no product"),
        ("{{ product | upper }}", ":5", "product is empty"),
        ("{{ product ~ 'x' }}", ":5", "product is empty"),
        ("{{ links | join }}", ":5", "links is empty"),
        ("{{ custmer_name }}", ":5", 'unknown variable "custmer_name". Did you mean "customer_name"?'),
        ("a\n{{ customer_name | uper }}", ":6", 'unknown filter "uper". Did you mean "upper"?'),
        ("{{ customer_name.upper }}", ":5", 'a variable has no ".upper"'),
        ("{% fro x in tags %}", ":5", "unknown tag 'fro'"),
        ("{% for c in status %}{{ c }}{% endfor %}", ":5", '"status" is no list'),
        ('a\n\n{{ article("vta") }}', ":7", 'there is no article "vta". Known: billing/vat, hours'),
        ('{{ article("hors") }}', ":5", 'there is no article "hors". Did you mean "hours"?'),
        ("{{ customer_name | truncate('x') }}", ":5", "does not fit its value"),
        ("x\n{{ tags }}", ":6", "a list stands where words belong"),
        ("{{ status == 'open' }}", ":5", "a list stands where words belong"),
        ("{{ [1, 2] }}", ":5", "a list stands where words belong"),
        ("{{ none }}", ":5", "a list stands where words belong"),
        ("{% if status < 5 %}x{% endif %}", ":5", "does not fit its value"),
        ("{{ link_good }}", ":5", 'unknown variable "link_good"'),
        ("{% if product %}x{% endif %}", ":5", "this says nothing for this ticket"),
    ],
)
def test_a_slip_has_its_place_and_its_remedy(body: str, place: str, words: str) -> None:
    error = refused(body)
    assert error.place == f"templates/billing/refund.md{place}"
    assert words in str(error)


def test_a_slip_in_the_subject_has_the_line_of_the_subject() -> None:
    with pytest.raises(InvalidFileError) as caught:
        fill(of("x", subject="{{ product }}"), VALUES, {})
    assert caught.value.place.endswith(":2")


@pytest.mark.parametrize("empty", ["", " ", "\n", "\u200b"])
def test_nothing_but_space_is_empty(empty: str) -> None:
    with pytest.raises(EmptyValueError):
        said("Hi {{ customer_name }},", customer_name=empty)
    assert said("Hi {{ customer_name | d('there') }},", customer_name=empty).text == "Hi there,\n"


@pytest.mark.parametrize("source", HOSTILE)
def test_no_template_says_what_is_not_listed(source: str) -> None:
    """Refused before anything is worked out: none of these would end, or end well."""
    error = refused(f"Hi\n{source}\n")
    assert error.place.startswith("templates/billing/refund.md:")
    assert len(str(error)) < 1000


@pytest.mark.parametrize("text", HOSTILE[:40])
def test_what_customers_write_is_only_ever_a_value(text: str) -> None:
    rendered = said(
        "Hi {{ customer_name }},\n{{ ticket_subject }} {{ tags | join(', ') }}\n",
        subject="Re: {{ ticket_subject }}",
        customer_name=text,
        ticket_subject=text,
        tags=(text, "vat"),
    )
    assert rendered.text == f"Hi {text},\n{text} {text}, vat\n"
    assert rendered.subject == f"Re: {text}"


TEXTS = st.one_of(
    st.text(max_size=80), st.sampled_from(HOSTILE[:30]), st.text("\r\n\x85\u2028\u202e -> {}%#", max_size=30)
)


@given(name=TEXTS, subject=TEXTS, tags=st.lists(TEXTS, max_size=3).map(tuple), product=TEXTS)
def test_no_customer_changes_the_structure_of_a_reply(
    name: str, subject: str, tags: tuple[str, ...], product: str
) -> None:
    """Whatever stands in a ticket, the lines of the template are there, in order, and no others."""
    body = (
        'Hi {{ customer_name | d("there") }},\nabout {{ ticket_subject | d("it") }}:\n'
        "{% if product %}\nWe know {{ product }}.\n{% endif %}\n"
        '({{ tags | join(", ") | d("none") }})\n\nBye\n'
    )
    rendered = said(
        body,
        subject='Re: {{ ticket_subject | d("it") }}',
        customer_name=name,
        ticket_subject=subject,
        tags=tags,
        product=product,
    )
    lines = rendered.text.split("\n")
    assert rendered.text.splitlines() == lines[:-1]
    middle = [lines[2]] if len(lines) == 7 else []
    assert lines == [lines[0], lines[1], *middle, lines[-4], "", "Bye", ""]
    assert lines[0].startswith("Hi ")
    assert lines[0].endswith(",")
    assert lines[1].startswith("about ")
    assert lines[1].endswith(":")
    assert all(line.startswith("We know ") and line.endswith(".") for line in middle)
    assert rendered.subject.startswith("Re: ")
    assert "\n" not in rendered.subject


@given(st.text("{}%#|()[]'\"~.,=+-*/ \nabcifendfor_0", max_size=60))
def test_any_text_is_a_template_or_an_error_with_a_place(body: str) -> None:
    try:
        place = said(f"x{body}") and "templates/billing/refund.md:5"
    except InvalidFileError as error:
        place = error.place
    path, _, line = place.rpartition(":")
    assert path == "templates/billing/refund.md"
    assert 5 <= int(line) <= 5 + body.count("\n") + 1


def test_a_mail_has_a_size() -> None:
    error = refused("{% for tag in tags %}" + "{{ customer_name }}" * 50 + "{% endfor %}", tags=("x",) * 500)
    assert "larger than 100 kB" in error.message


def test_what_is_used_is_told() -> None:
    rendered = said('{{ article("vat") }}{% if product %}{{ article("hours") }}{% endif %}')
    assert rendered.used == (("template", "billing/refund"), ("article", "billing/vat"))
    assert not rendered.is_signed
    assert said("{{ agent_signature }}", agent_signature="Dana").is_signed
    assert not said("{{ agent_signature | d('') }}x", agent_signature="").is_signed


def test_a_signature_keeps_its_lines() -> None:
    signed = fill(
        of("{{ agent_signature }}"),
        {"agent_signature": "Dana\nExample Ltd"},
        {},
        many_lines=frozenset({"agent_signature"}),
    )
    assert signed.text == "Dana\nExample Ltd\n"
    assert said("{{ agent_signature }}", agent_signature="Dana\nExample Ltd").text == "Dana Example Ltd\n"


def test_what_is_named_is_known_before_any_ticket_is() -> None:
    template = of(
        '{% for tag in tags %}{{ tag }}{{ loop.index }}{% endfor %}{{ article("vat") }}',
        subject="{{ status }}",
    )
    assert names_in(template) == {"tags", "status"}
    assert articles_in(template) == ("vat",)


def test_the_variables_of_what_desk_sends_are_known_there_only() -> None:
    assert "link_good" in variables_for("csat")
    assert "link_good" not in variables_for("reply")
    for purpose in ("reply", "csat", "notification", "digest"):
        names = [each.name for each in VARIABLES if each.purpose in {"", purpose}]
        assert len(names) == len(set(names))
