"""HTML mail as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_cli.mail.html import html_text, without_tags

GMAIL_REPLY = (
    '<div>Hi</div><div class=gmail_quote>Mon, A &lt;<a href="mailto:a@x.example">a@x.example</a>&gt;'
    " wrote:<br><blockquote class=gmail_quote>Old</blockquote></div>"
)
TAGS = (
    "<p> </p> <ul> </ul> <li> </li> <a&href=http://x> </a> <blockquote> </blockquote> <td> <tr> <table>"
    " </table> <br> <pre> </pre> <b> </b> <div&hidden> </div>"
)


def text_of(source: str, **images: str) -> str:
    """The text, with images by content id."""
    text, parsed = html_text(source, images=images)
    assert parsed
    return text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("One<br>Two<br><br>Three", "One\nTwo\n\nThree"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ("a\n  <b>bold</b>   <i>it</i>&nbsp;&amp; &lt;x&gt;", "a bold it & <x>"),
        ("<span>a</span><span> b</span> <span>c</span>", "a b c"),
        ("<h1>Title</h1>text<h3>Sub</h3>more", "# Title\n\ntext\n\n### Sub\n\nmore"),
        ("<h2></h2><p>x", "x"),
        ("<ul><li>a<li>b<ul><li>c</ul></ul>d", "- a\n- b\n  - c\n\nd"),
        ("<ol start=3><li>a</li><li>b</li></ol>", "3. a\n4. b"),
        ("<ul><li><p>a</p><p>b</p></li></ul>", "- a\n  b"),
        ("<dl><dt>a<dd>b</dl>", "a\n  b"),
        ("<pre>  x\n    y\n\nz</pre>", "  x\n    y\n\nz"),
        ("<hr>", "---"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "A | B\n1 | 2"),
        ("<table><tr><td>1<td><td>3</table>", "1 | 3"),
        ("<table><tr><td><p>One<td><p>Two</table>", "One\n\nTwo"),
        ("<table><tr><td><table><tr><td>x</table></table>", "x"),
        # Links.
        ('<a href="https://x.example/y">here</a>', "[here](https://x.example/y)"),
        ('see <a href="https://x.example/"> this </a>now', "see [this](https://x.example/) now"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="mailto:a@x.example?subject=y">Ada</a>', "Ada <a@x.example>"),
        ('<a href="tel:+49301234">Call</a>', "[Call](tel:+49301234)"),
        ('<a href="https://x.example/(a b)">t</a>', "[t](https://x.example/%28ab%29)"),
        (
            '<a href="https://x.example"><img src="http://t/" alt="Logo"></a>',
            "[[image: Logo]](https://x.example)",
        ),
        ('<a href="https://x.example"><div>a</div><div>b</div></a>', "a\nb\n<https://x.example>"),
        ('<a href="https://x.example">a<br>b</a>c', "a\nb <https://x.example>c"),
        ('<a href="https://x.example"></a>x', "x"),
        ('<a href="#top">up</a><a name=x>y</a>', "upy"),
        ('<a href="https://x.example/' + "y" * 3000 + '">long</a>', "long"),
        # What is dangerous is not shown (RELIABILITY T23).
        ('<a href="javascript:alert(1)">x</a>', "x"),
        ('<a href=" java\nscript:alert(1)">x</a>', "x"),
        ('<a href="data:text/html,x">x</a><a href="file:///etc/passwd">y</a>', "xy"),
        ('<img src=" javascript:alert(1)"><img src="file:///etc/passwd">x', "x"),
        ("<script>alert(1)</script><style>p{}</style><title>t</title>x<!-- y -->", "x"),
        ("<noscript>x</noscript>", "x"),
        # What is hidden is not shown.
        ('<div style="display:none">secret</div>x', "x"),
        ('<div style="DISPLAY : none !important"><p>secret<p>more</div>x', "x"),
        ('<span style="mso-hide:all">a</span><span hidden>b</span><p style="visibility: hidden">c</p>x', "x"),
        ('<div style="max-height:0;overflow:hidden">a</div><div style="opacity:0">b</div>x', "x"),
        ('<div style="opacity:0.5;max-height:0.5em;line-height:0">a</div>', "a"),
        ("preview" + "&nbsp;&zwnj;" * 50 + "<p>x", "preview\n\nx"),
        ('<div style="display:none">all there is</div>', "all there is"),
        # Images.
        ('<img src="cid:i@x">', "[image: plan.png]"),
        ('<img src="CID:i@x" alt="Our plan">', "[image: plan.png]"),
        ('<img src="https://x.example/t.gif" width=1 height=1>x', "x"),
        ('<img src="https://x.example/t.gif">x', "x"),
        ('<img alt="Our plan">', "[image: Our plan]"),
        # Quotes.
        ("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\n\n> b\n>\n> > c\n>\n> d\n\ne"),
        ("<blockquote><ul><li>x</ul></blockquote>", "> - x"),
        ("<blockquote><pre>x\n y</pre></blockquote>", "> x\n>  y"),
        (
            GMAIL_REPLY,
            "Hi\nMon, A <a@x.example> wrote:\n\n> Old",
        ),
        (
            "<p class=MsoNormal><b>From:</b> A &lt;a@x.example&gt;<br><b>Sent:</b> Mon<br><b>Subject:</b> Hi",
            "From: A <a@x.example>\nSent: Mon\nSubject: Hi",
        ),
        ("<!--[if mso]><p>Outlook only</p><![endif]--><![if !mso]><p>x</p><![endif]>", "x"),
        # Odds.
        ("", ""),
        ("just text", "just text"),
        ("a < b and c > d", "a < b and c > d"),
        ("<p>unclosed <b>x <p>y", "unclosed x\n\ny"),
        ("<P>caps</P>", "caps"),
        ("a\0b", "a\ufffdb"),
        ("<meta charset=utf-16><p>ä", "ä"),
        ("<?xml version='1.0'?><p>x", "x"),
        ("<select><option>a<option>b</select>", "a\nb"),
    ],
)
def test_html(source: str, text: str) -> None:
    assert text_of(source, **{"i@x": "plan.png"}) == text


def test_depth_costs_nothing_and_loses_nothing() -> None:
    assert text_of("<div>" * 1500 + "deep") == "deep"
    assert text_of("<blockquote>" * 30 + "deep") == "> " * 20 + "deep"
    assert "deep" in text_of("<b>" * 50_000 + "deep")


def test_text_in_tags_that_libxml_drops_is_not_lost() -> None:
    text, parsed = html_text("<title>" + "x" * 10 + "\n<p>Hello", images={})
    assert not parsed
    assert "Hello" in text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab <>/=\"'&;#!-x\n\0é\ud800"), max_size=80))
def test_any_html_is_text(source: str) -> None:
    text, _ = html_text(source, images={})
    text.encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([tag.replace("&", " ") for tag in TAGS.split()]),
        max_size=30,
    )
)
def test_words_outside_of_hidden_tags_are_never_lost(tags: list[str]) -> None:
    shown = [tag for tag in tags if tag != "<div hidden>"]
    source = "".join(f"{tag}w{number} " for number, tag in enumerate(shown))
    text, _ = html_text(source, images={})
    assert [f"w{number}" for number in range(len(shown))] == [
        word for word in _words(text) if word.startswith("w")
    ]


def _words(text: str) -> list[str]:
    for mark in "[]()|<>":
        text = text.replace(mark, " ")
    return text.split()


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<div>It is <b>mended</b>.<script>alert(1)</script></div>", "It is mended."),
        ("<STYLE>p {}</style><p>Hi<script src=x>a</SCRIPT >there</p>", "Hithere"),
        ("<script>a</style>b</script>c", "c"),
        ("Hi <script> is what I mean", "Hi  is what I mean"),
        ("<scripts>x</scripts>", "x"),
    ],
)
def test_what_cannot_be_parsed_is_read_without_scripts(source: str, text: str) -> None:
    assert without_tags(source) == text
