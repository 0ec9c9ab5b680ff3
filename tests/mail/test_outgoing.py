"""The bytes of a letter: what it says is what every reader finds in it (G26, T37 to T42)."""

from __future__ import annotations

import email
import email.policy
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email.utils import getaddresses
from typing import TYPE_CHECKING

import mailparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.errors import DeskError, UsageError
from helpdesk_cli.mail import proof
from helpdesk_cli.mail.filenames import safe_name
from helpdesk_cli.mail.flowed import flow, plain_lines
from helpdesk_cli.mail.header_lines import header, one_line
from helpdesk_cli.mail.letter import File, Letter
from helpdesk_cli.mail.outgoing import check_address, check_bytes, trim_references, write_letter
from helpdesk_cli.mail.token import message_id
from helpdesk_cli.tickets.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

SUPPORT = Person("Dana Davis", "support@example.com")
ADA = Person("Ada Lovelace", "ada@example.org")
LETTER = Letter(
    from_=SUPPORT,
    to=(ADA,),
    subject="Re: [TICKET-42] Invoice",
    text="Hi Ada,\n\nthe invoice is attached.\n",
    message_id="desk.u.e@example.com",
    date=datetime(2026, 11, 21, 9, 5, tzinfo=UTC),
)


def read(data: bytes) -> EmailMessage:
    """The mail as Python's newer parser reads it, which shares no header code with the older one."""
    return email.message_from_bytes(data, policy=email.policy.default)


def unflow(text: str) -> list[str]:
    """RFC 3676 section 4 by its letter: the paragraphs, each with its quote marks."""
    done: list[str] = []
    open_depth: str | None = None
    for line in text.split("\r\n")[:-1]:
        depth = re.match(">*", line)[0]
        words = line[len(depth) :].removeprefix(" ")
        if open_depth == depth and words != "-- ":
            done[-1] += words
        else:
            done.append(f"{depth} {words}" if depth else words)
        open_depth = depth if words.endswith(" ") and words != "-- " else None
    return done


# --- the form ------------------------------------------------------------------------------------------


def test_a_letter_looks_like_this() -> None:
    letter = replace(
        LETTER,
        from_=Person("Dana Davis, Example", "support@example.com"),
        to=(ADA, Person("Jörg Müller", "joerg@bücher.example")),
        cc=(Person("", "boss@example.org"),),
        subject="Re: [TICKET-42] Rechnung für März",
        text="Hallo Jörg,\n\n" + "ein langer Absatz, der weit über eine Zeile geht " * 3 + "\n-- \nDana\n",
        reply_to="support+k.m@example.com",
        in_reply_to="b@example.org",
        references=("a@example.org", "b@example.org"),
        files=(File("Übersicht.pdf", "application/pdf", b"%PDF-1.7"),),
        headers=(("Auto-Submitted", "auto-replied"),),
    )
    assert write_letter(letter).decode("ascii").replace("\r\n", "\n") == GOLDEN


GOLDEN = """\
Date: Sat, 21 Nov 2026 09:05:00 +0000
From: "Dana Davis, Example" <support@example.com>
To: Ada Lovelace <ada@example.org>, =?utf-8?b?SsO2cmcgTcO8bGxlcg==?=
 <joerg@xn--bcher-kva.example>
Cc: boss@example.org
Reply-To: support+k.m@example.com
Subject: Re: [TICKET-42] Rechnung =?utf-8?b?ZsO8ciBNw6Ryeg==?=
Message-ID: <desk.u.e@example.com>
In-Reply-To: <b@example.org>
References: <a@example.org> <b@example.org>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="=_12ffa66a30aaa587751a31afe14204c0"

--=_12ffa66a30aaa587751a31afe14204c0
Content-Type: text/plain; charset=utf-8; format=flowed; delsp=no
Content-Transfer-Encoding: quoted-printable

Hallo J=C3=B6rg,

ein langer Absatz, der weit =C3=BCber eine Zeile geht ein langer Absatz,=20
der weit =C3=BCber eine Zeile geht ein langer Absatz, der weit =C3=BCber ei=
ne=20
Zeile geht
--=20
Dana

--=_12ffa66a30aaa587751a31afe14204c0
Content-Type: application/pdf
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht.pdf

JVBERi0xLjc=

--=_12ffa66a30aaa587751a31afe14204c0--
"""


def test_nothing_in_it_tells_of_this_machine() -> None:
    names = [
        line.partition(b":")[0] for line in write_letter(LETTER).partition(b"\r\n\r\n")[0].split(b"\r\n")
    ]
    assert names == [
        b"Date", b"From", b"To", b"Subject", b"Message-ID", b"MIME-Version", b"Content-Type",
        b"Content-Transfer-Encoding",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("", "7bit"),
        ("x" * 998, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("für Sie\n", "quoted-printable"),
        ("Здравствуйте, это мы\n", "base64"),
        ("こんにちは" * 300, "base64"),
    ],
)
def test_a_text_is_encoded_as_little_as_it_can_be(text: str, encoding: str) -> None:
    data = write_letter(replace(LETTER, text=text))
    mail = read(data)
    assert mail["Content-Transfer-Encoding"] == encoding
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert unflow(mail.get_payload(decode=True).decode()) == plain_lines(text)


def test_a_multipart_has_every_file_byte_for_byte() -> None:
    files = (
        File("a.bin", "application/octet-stream", bytes(range(256)) * 40),
        File("A.BIN", "", b""),
        File("note.txt", "text/plain; charset=latin-1", "ü\n".encode()),
        File("old.txt", "text/plain", b"\xfc\n"),
        File("mail.eml", "message/rfc822", b"From: x@y\n\n\xff"),
        File("x", "text/html\r\nBcc: evil@e.example", b"<p>"),
        File("m", "multipart/mixed; boundary=x", b"--x--"),
    )
    mail = read(write_letter(replace(LETTER, text="See: --=_ and so on", files=files)))
    parts = list(mail.iter_attachments())
    assert [part.get_payload(decode=True) for part in parts] == [file.content for file in files]
    assert [part.get_content_type() for part in parts] == [
        "application/octet-stream", "application/octet-stream", "text/plain", "text/plain",
        "application/octet-stream", "application/octet-stream", "application/octet-stream",
    ]  # fmt: skip
    assert [part.get_content_charset() for part in parts[2:4]] == ["utf-8", None]
    names = [part.get_filename() for part in parts]
    assert names[:2] == ["a.bin", "A-2.BIN"]
    assert "evil" not in write_letter(replace(LETTER, files=files)).decode()


def test_a_boundary_stands_in_no_part() -> None:
    files = (File("a.txt", "text/plain", b"x"),)
    plain = write_letter(replace(LETTER, files=files))
    boundary = read(plain).get_boundary() or ""
    mail = read(write_letter(replace(LETTER, text=f"--{boundary}--\n", files=files)))
    assert mail.get_boundary() != boundary
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a.txt"]


# --- paragraphs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("one\n\n\ntwo\n\n\n", "one\r\n\r\n\r\ntwo\r\n"),
        ("trailing   \nnext\t\n", "trailing\r\nnext\r\n"),
        ("  def f():\n\treturn\n", "   def f():\r\n\treturn\r\n"),
        ("From here\n", " From here\r\n"),
        (">quoted\n> > deeper\n>>> deepest\n>\n", "> quoted\r\n>> deeper\r\n>>> deepest\r\n>\r\n"),
        ("-- \nDana\n> -- \n", "-- \r\nDana\r\n> -- \r\n"),
        ("a\rb\r\nc\x0bd\x00e\x1b[2J\x9b\x85\ud800", "a\r\nb\r\nc d e [2J  \N{REPLACEMENT CHARACTER}\r\n"),
        ("a\u2028b\u200b\N{NO-BREAK SPACE}", "a\u2028b\u200b\N{NO-BREAK SPACE}\r\n"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_lines_on_the_wire(text: str, wire: str) -> None:
    assert flow(text) == wire


def test_long_paragraphs_are_broken_softly_at_72_columns() -> None:
    for width in range(1, 12):
        lines = flow(f"{'w' * width} " * 100).split("\r\n")
        assert 70 - width < len(lines[0]) <= 72
        assert all(line.endswith(" ") for line in lines[:-2])
        assert max(map(len, flow(f">> {'w' * width} " * 100).split("\r\n"))) <= 72


@pytest.mark.parametrize(
    "text",
    [
        "see https://example.org/" + "a" * 200 + " for more, " + "and more words " * 9 + "end",
        "    " + "indented code stays in one line " * 9 + "x",
        "| a table | " + "with cells | " * 20,
        "columns   of   text " * 10 + "x",
        "```\n" + "x = 1 + 2 " * 20 + "x\n```\nthen " + "words " * 30 + "x",
        "日本語" * 100,
    ],
)
def test_what_is_not_a_paragraph_is_in_one_line(text: str) -> None:
    kept = [line for line in flow(text).split("\r\n") if len(line) > 78]
    assert len(kept) == 1
    assert unflow(flow(text)) == plain_lines(text)


def test_no_piece_of_a_paragraph_reads_as_the_line_above_a_signature() -> None:
    text = "x" * 70 + " -- " + "y" * 70 + " z"
    assert "-- " not in flow(text).split("\r\n")
    assert unflow(flow(text)) == [text]


PROSE = st.text(st.sampled_from("ab >-|`\t\n .ü"), max_size=400) | st.text(max_size=200)


@given(PROSE)
def test_any_text_comes_out_of_the_flow_as_it_went_in(text: str) -> None:
    lines = []
    for line in plain_lines(text):
        marks = re.match("(?:> ?)*>", line)
        depth = ">" * marks[0].count(">") if marks else ""
        words = line[marks.end() :].removeprefix(" ") if marks else line
        lines.append(f"{depth} {words}" if depth else words)
    assert unflow(flow(text)) == lines


# --- headers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("month", range(1, 13))
def test_the_date_is_that_of_the_letter_in_utc(month: int) -> None:
    at = datetime(2026, month, month + 9, 1, 2, 3, tzinfo=timezone(timedelta(hours=5)))
    found = read(write_letter(replace(LETTER, date=at)))["Date"]
    assert (found.datetime, found.datetime.utcoffset()) == (at, timedelta())
    assert str(found).startswith(at.astimezone(UTC).strftime("%a, "))


def test_a_text_becomes_one_line() -> None:
    assert one_line(" a\r\n\tb\x00\x1b\x7f\x85\xa0\u2028\u2029c\ud800 ") == "a b c\N{REPLACEMENT CHARACTER}"


def test_a_subject_stays_readable_around_what_is_encoded() -> None:
    data = write_letter(replace(LETTER, subject="Re: [TICKET-42] über drei Wörter hinaus"))
    assert re.search(rb"\r\nSubject: Re: \[TICKET-42\] =\?utf-8\?b\?\S+\?= hinaus\r\n", data)


def test_a_long_name_is_cut_and_a_long_file_name_folded() -> None:
    letter = replace(LETTER, to=(Person("x" * 5000, "a@b.example"),), files=(File("ü" * 40, "", b""),))
    data = write_letter(letter)
    assert mailparser.parse_from_bytes(data).to == [("x" * 200, "a@b.example")]
    assert next(read(data).iter_attachments()).get_filename() == "ü" * 40


INJECTIONS = [
    "hi\r\nBcc: victim@x.example",
    "hi\nBcc: victim@x.example",
    "hi\rBcc: victim@x.example",
    "hi\r\n\r\n<script>",
    "hi\x00\x0b\x0c\x1b]0;x\x07\x85\u2028\u2029Bcc: victim@x.example",
    "=?utf-8?q?hi=0D=0ABcc:_victim@x.example?=",
    "=?utf-8?b?aGkNCkJjYzogdmljdGltQHguZXhhbXBsZQ==?=",
    "a" * 3000,
    "ü" * 3000,
    "a " * 1500,
    " \t ",
    "\ud800\udfff",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    '"Jörg, X <evil@e.example>" <a@b.example>',
    "Jörg, X <evil@e.example>",
    "evil@e.example",
    "evil＠e.example",
    "x>, <evil@e.example",
    "a\\",
    '\\"',
    "(comment",
    "group: evil@e.example;",
    "…, <evil@e.example>, " + "ü" * 80,
    "-oQ/tmp -X/tmp/x",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_makes_a_header_or_a_recipient(text: str) -> None:
    letter = replace(
        LETTER,
        from_=Person(text, "support@example.com"),
        to=(Person(text, "a@b.example"), Person(text, "c@d.example")),
        cc=(Person(text, "e@f.example"),),
        subject=text,
        files=(File(text, text, b"x"),),
    )
    agree(letter)


@given(st.text(), st.text(), st.text(), st.text(max_size=60))
def test_any_text_is_read_back_as_itself(name: str, subject: str, text: str, filename: str) -> None:
    letter = replace(
        LETTER,
        from_=Person(name, "support@example.com"),
        to=(Person(name, "a@b.example"), Person(subject, "c@d.example")),
        subject=subject,
        text=text,
        files=(File(filename, "text/plain", text.encode("utf-8", "replace")),),
    )
    agree(letter)


def _composed(text: str) -> str:
    return "".join(unicodedata.normalize("NFC", text).split())


def agree(letter: Letter) -> None:
    """Two parsers that know nothing of how it was written find in the bytes what the letter says."""
    data = write_letter(letter)
    assert check_bytes(data) == ""
    head = data.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78
    names = re.findall(rb"(?m)^([!-9;-~]+):", head)
    assert sorted(names) == sorted(set(names))
    assert not {b"bcc", b"resent-to", b"sender"} & {name.lower() for name in names}
    addresses = {
        "From": [letter.from_.email],
        "To": [person.email for person in letter.to],
        "Cc": [person.email for person in letter.cc],
    }
    mail, other = read(data), mailparser.parse_from_bytes(data)
    for name, wanted in addresses.items():
        field = mail[name]
        assert [each.addr_spec for each in (field.addresses if field else ())] == wanted
        assert [address for _, address in getattr(other, name.lower())] == wanted
        assert [
            address for _, address in getaddresses([str(field)] if field else [])
        ] == wanted or field.defects
    assert (mail["Subject"] or "") == one_line(letter.subject)
    # mail-parser 4.8 composes letters, and has its own ways with the white space where a line is folded.
    assert _composed(other.subject or "") == _composed(one_line(letter.subject))
    (part, *parts) = list(mail.walk())[1:] if letter.files else [mail]
    assert part.get_payload(decode=True).decode() == flow(letter.text)
    for number, (found, file) in enumerate(zip(parts, letter.files, strict=True), 1):
        assert found.get_payload(decode=True) == file.content
        assert found.get_filename() == safe_name(file.filename, found.get_content_type(), number)


# --- addresses and ids -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("ada@example.org", "ada@example.org"),
        ("Ada.Lovelace+tag=x@Example.ORG", "Ada.Lovelace+tag=x@Example.ORG"),
        ("o'brien!#$%&*/?^_`{|}~@x-1.example", "o'brien!#$%&*/?^_`{|}~@x-1.example"),
        ("root@localhost", "root@localhost"),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@bu\u0308cher.example", "a@xn--bcher-kva.example"),
        # IDNA 2003 would send this one to strasse.example.
        ("a@straße.example", "a@xn--strae-oqa.example"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
        (f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 10}", None),
    ],
)
def test_addresses_that_are_fit(text: str, wire: str | None) -> None:
    assert check_address(text) == (wire or text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "ada",
        "ada@",
        "@example.org",
        "-oQ/tmp -X/tmp/x@b.example",
        "-oQ@b.example",
        "a@b\r\nRCPT TO:<c@d.example>",
        "a@b.example\n",
        "a@b.example\x00",
        " a@b.example",
        "a b@b.example",
        "a\u00a0b@b.example",
        "<a@b.example>",
        "Ada <a@b.example>",
        "a@b.example,c@d.example",
        "a@b@c.example",
        "victim＠corp.example",
        "a@corp＠b.example",
        "a@b.example>",
        "a@[127.0.0.1]",
        '"a b"@b.example',
        "a..b@b.example",
        ".a@b.example",
        "a.@b.example",
        "a@.b.example",
        "a@b..example",
        "a@b.example.",
        "a@-b.example",
        "a@b-.example",
        "a@b_c.example",
        "jörg@b.example",
        "a@b\u202e.example",
        "a@\u2100.example",
        "a@☃️⃠.example",
        f"{'a' * 65}@example.org",
        f"a@{'b' * 64}.example",
        f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 11}",
    ],
)
def test_addresses_that_are_not(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_address(text)
    assert str(refused.value).isprintable()
    for letter in (
        replace(LETTER, to=(Person("Ada", text),)),
        replace(LETTER, cc=(Person("", text),)),
        replace(LETTER, from_=Person("Dana", text)),
    ):
        with pytest.raises(UsageError):
            write_letter(letter)


@given(st.text(max_size=80))
def test_an_address_is_plain_ascii_or_refused(text: str) -> None:
    for candidate in (text, f"{text}@example.org", f"a@{text}"):
        try:
            wire = check_address(candidate)
        except UsageError:
            continue
        assert re.fullmatch(r"[!-~]+", wire)
        assert wire.count("@") == 1
        assert not wire.startswith("-")
        assert check_address(wire) == wire


@pytest.mark.parametrize(
    "bad", ["", "x", "a b@x", "<a@b>", "a@b\r\nBcc: c@d", "a@b\x00", "ä@b", f"{'a' * 250}@b"]
)
def test_an_id_of_ours_is_refused_and_one_of_theirs_left_out(bad: str) -> None:
    with pytest.raises(UsageError):
        write_letter(replace(LETTER, message_id=bad))
    known = write_letter(replace(LETTER, in_reply_to="q@x", references=("p@x", "q@x")))
    letter = replace(LETTER, in_reply_to=bad, references=("p@x", bad, "q@x"))
    mail = read(write_letter(letter))
    if bad == "x":
        assert mail["In-Reply-To"] == "<x>"
        return
    assert mail["In-Reply-To"] is None
    assert mail["References"] == read(known)["References"] == "<p@x> <q@x>"


def test_an_id_that_the_mail_never_had_is_told_to_nobody() -> None:
    made = "0123456789abcdef@missing.invalid"
    assert b"missing.invalid" not in write_letter(replace(LETTER, in_reply_to=made, references=(made,)))


def test_our_own_ids_go_out_as_they_are() -> None:
    ours = message_id("a" * 16, "b" * 16, key=b"k" * 32, domain="example.com")
    mail = read(write_letter(replace(LETTER, message_id=ours)))
    assert mail["Message-ID"] == f"<{ours}>"


def test_references_are_trimmed_and_folded() -> None:
    ids = tuple(f"{number}.{'x' * 200}@customer.example" for number in range(40))
    data = write_letter(replace(LETTER, references=(*ids, ids[0])))
    kept = (*ids[:4], *ids[-6:])
    assert trim_references(ids) == kept
    assert read(data)["References"].split() == [f"<{each}>" for each in kept]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Bcc", "a@b.example"),
        ("X-Anything", "x"),
        ("auto-submitted", "no"),
        ("Auto-Submitted", ""),
        ("Auto-Submitted", "auto-replied\r\nBcc: a@b.example"),
        ("Auto-Submitted", "auto-replied\nX: y"),
        ("Auto-Submitted", "ä"),
        ("Auto-Submitted\r\nBcc: a@b.example\r\nX", "y"),
    ],
)
def test_further_headers_are_of_the_list(name: str, value: str) -> None:
    with pytest.raises(UsageError):
        write_letter(replace(LETTER, headers=((name, value),)))


def test_a_mail_to_nobody_is_refused() -> None:
    with pytest.raises(UsageError):
        write_letter(replace(LETTER, to=(), cc=()))


# --- the last look --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda data: data.replace(b"To: Ada", b"To: eve@e.example, Ada"), "its To"),
        (lambda data: data.replace(b"ada@", b"eve@"), "its To"),
        (lambda data: data.replace(b"<support@", b"<eve@"), "its From"),
        (lambda data: data.replace(b"[TICKET-42]", b"[TICKET-43]"), "its Subject"),
        (lambda data: data.replace(b"desk.u.e@", b"desk.v.e@"), "its Message-ID"),
        (lambda data: data.replace(b"\r\nSubject", b"\r\nBcc: eve@e.example\r\nSubject"), "header"),
        (lambda data: data.replace(b"\r\nSubject", b"\r\nCc: eve@e.example\r\nSubject"), "its Cc"),
        (
            lambda data: data.replace(b"\r\nSubject", b"\r\nReply-To: eve@e.example\r\nSubject"),
            "its Reply-To",
        ),
        (lambda data: data.replace(b"\r\nSubject", b"\r\nTo: eve@e.example\r\nSubject"), "header"),
        (lambda data: data.replace(b"\r\nSubject", b"\r\nReferences: <x@y>\r\nSubject"), "other mails"),
        (lambda data: data.replace(b"\r\nSubject", b"\r\nIn-Reply-To: <x@y>\r\nSubject"), "other mails"),
        (lambda data: data.replace(b"invoice", b"money"), "its text"),
        (lambda data: data.replace(b"invoice", b"inv\nice"), "line"),
        (lambda data: data.replace(b"invoice", b"inv\rice"), "line"),
        (lambda data: data.replace(b"invoice", b"inv\x00ice"), "octet"),
        (lambda data: data.replace(b"invoice", "inväice".encode()), "octet"),
        (lambda data: data + b"x" * 999 + b"\r\n", "998"),
        (lambda data: data + b"x", "line"),
    ],
)
def test_a_mail_that_says_anything_else_is_not_written(alter: Callable[[bytes], bytes], said: str) -> None:
    good = write_letter(LETTER)
    proof.prove(LETTER, good)
    with pytest.raises(DeskError, match=said):
        proof.prove(LETTER, alter(good))


def test_a_file_that_says_anything_else_is_not_written() -> None:
    letter = replace(LETTER, files=(File("a", "text/plain", b"one"),))
    good = write_letter(letter)
    with pytest.raises(DeskError, match="files"):
        proof.prove(letter, good.replace(b"b25l", b"dHdv"))


@pytest.mark.parametrize("word", ["", " ", "a\r\n", "a\nb", "a\x00", "ä", "a  b", " a"])
def test_the_writer_of_headers_takes_words_only(word: str) -> None:
    with pytest.raises(ValueError, match="not fit"):
        header("To", ["x", word])


def test_html_stands_beside_the_text_and_files_beside_both() -> None:
    html = "<!doctype html>\n<p>Grüße &amp; 5 &lt; 6</p>\n" + "x" * 2000 + "\n"
    both = replace(LETTER, html=html)
    said = read(write_letter(both))
    assert said.get_content_type() == "multipart/alternative"
    plain, rich = said.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert plain.get_content().splitlines() == LETTER.text.splitlines()
    assert (rich.get_content_type(), rich.get_content().replace("\r\n", "\n")) == ("text/html", html)
    with_file = read(write_letter(replace(both, files=(File("a.txt", "text/plain", b"1"),))))
    assert [part.get_content_type() for part in with_file.iter_parts()] == [
        "multipart/alternative",
        "text/plain",
    ]
    assert not check_bytes(write_letter(both))
