"""How the mail programs of customers answer: their quoting, subjects, ids and encodings."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Arrived:
    """One of our mails, as the customer's program shows it."""

    sender: str
    address: str
    reply_to: str
    subject: str
    message_id: str
    references: str
    text: str

    @classmethod
    def read(cls, data: bytes) -> Arrived:
        """What stands in the bytes on the wire."""
        mail: EmailMessage = email.message_from_bytes(data, policy=email.policy.default)  # type: ignore[assignment]
        name, address = parseaddr(str(mail["From"]))
        return cls(
            name,
            address,
            parseaddr(str(mail["Reply-To"] or mail["From"]))[1],
            str(mail["Subject"]),
            str(mail["Message-ID"]),
            str(mail["References"] or ""),
            mail.get_content().replace("\r\n", "\n"),
        )

    def quoted(self) -> str:
        """The text with a mark before each line."""
        return "".join(f"> {line}".rstrip() + "\n" for line in self.text.splitlines())


def _answer(mail: Arrived, message_id: str, *, subject: str = "", ids: bool = True) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP)
    made["From"] = "Ada Lovelace <ada@customer.example>"
    made["To"] = mail.reply_to
    bare = mail.subject.removeprefix("Re: ")
    made["Subject"] = subject or f"Re: {bare}"
    made["Date"] = "Sat, 21 Nov 2026 13:05:00 +0100"
    made["Message-ID"] = message_id
    if ids:
        made["In-Reply-To"] = mail.message_id
        made["References"] = f"{mail.references} {mail.message_id}".strip()
    return made


def gmail(mail: Arrived, text: str, number: int) -> EmailMessage:
    """Both forms, the answer on top, an attribution line over two lines."""
    made = _answer(mail, f"<CAJx{number}+abc=Q@mail.gmail.com>")
    who = f"On Sat, Nov 21, 2026 at 1:05\u202fPM {mail.sender} <{mail.address}>\nwrote:\n\n"
    made.set_content(f"{text}\n\n{who}{mail.quoted()}")
    made.add_alternative(
        f'<div dir="ltr">{text}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">On Sat, Nov 21, 2026 at 1:05\u202fPM {mail.sender} &lt;'
        f'<a href="mailto:{mail.address}">{mail.address}</a>&gt; wrote:<br></div><blockquote'
        f' class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{mail.text}</blockquote></div>',
        subtype="html",
    )
    return made


def outlook(mail: Arrived, text: str, number: int) -> EmailMessage:
    """HTML of Word; a block of headers where others have a line; subjects begin with RE."""
    bare = mail.subject.removeprefix("Re: ").removeprefix("RE: ")
    made = _answer(mail, f"<DB7PR04MB{number}@DB7PR04MB.eurprd04.prod.outlook.com>", subject=f"RE: {bare}")
    made["Thread-Topic"] = bare
    made["Thread-Index"] = "AQHbPCwF0000000000000000000000000000"
    made["X-MS-Has-Attach"] = ""
    made["X-Auto-Response-Suppress"] = "DR, OOF, AutoReply"
    block = f"From: {mail.sender} <{mail.address}>\nSent: Saturday, November 21, 2026 1:05 PM\n"
    block += f"To: Ada Lovelace <ada@customer.example>\nSubject: {mail.subject}\n\n"
    made.set_content(
        f"{text}\n\n________________________________\n{block}{mail.text}", cte="quoted-printable"
    )
    border = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    made.add_alternative(
        f'<html><body><div class="WordSection1"><p class="MsoNormal">{text}</p><div><div style="{border}">'
        f'<p class="MsoNormal"><b>From:</b> {mail.sender} &lt;{mail.address}&gt;<br>'
        "<b>Sent:</b> Saturday, November 21, 2026 1:05 PM<br><b>To:</b> Ada Lovelace"
        f" &lt;ada@customer.example&gt;<br><b>Subject:</b> {mail.subject}</p></div></div>"
        f'<p class="MsoNormal">{mail.text}</p></div></body></html>',
        subtype="html",
    )
    return made


def apple(mail: Arrived, text: str, number: int) -> EmailMessage:
    """Ids in capitals, an attribution with a comma, quotes below."""
    made = _answer(mail, f"<8D1F0C9A-{number:04}-4C1B-9E6B-2F4B1E0C0F00@customer.example>")
    made["X-Mailer"] = "Apple Mail (2.3774.600.62)"
    who = f"> On 21. Nov 2026, at 13:05, {mail.sender} <{mail.address}> wrote:\n> \n"
    made.set_content(f"{text}\n\n{who}{mail.quoted()}")
    return made


def thunderbird(mail: Arrived, text: str, number: int) -> EmailMessage:
    """Flowed text below what is quoted."""
    made = _answer(mail, f"<{number}a1b2c3-d4e5-f607-1829-3a4b5c6d7e8f@customer.example>")
    made["User-Agent"] = "Mozilla Thunderbird"
    made.set_content(f"Am 21.11.26 um 13:05 schrieb {mail.sender}:\n{mail.quoted()}\n{text}\n")
    made.set_param("format", "flowed")
    return made


def mutt(mail: Arrived, text: str, number: int) -> EmailMessage:
    """Answers between the quotes."""
    made = _answer(mail, f"<Zz{number}QoXy@laptop.customer.example>")
    made["User-Agent"] = "Mutt/2.2.9 (2022-11-12)"
    made["Content-Disposition"] = "inline"
    who = f"On Sat, Nov 21, 2026 at 01:05:00PM +0000, {mail.sender} wrote:\n"
    made.set_content(f"{who}{mail.quoted()}\n{text}\n\n-- \nAda\n")
    return made


def helpdesk(mail: Arrived, text: str, number: int) -> EmailMessage:
    """A helpdesk on the customer's side: new ids, no thread, a prefix of its own, nothing quoted."""
    bare = mail.subject.removeprefix("Re: ")
    made = _answer(
        mail,
        f"<ticket-99812-{number}@helpdesk.customer.example>",
        subject=f"[Customer Inc #99812] AW: {bare}",
        ids=False,
    )
    made.set_content(f"{text}\n")
    return made


def deaf_helpdesk(mail: Arrived, text: str, number: int) -> EmailMessage:
    """The same, and it answers to From whatever Reply-To says."""
    made = helpdesk(mail, text, number)
    made.replace_header("To", mail.address)
    return made


STYLES: dict[str, Callable[[Arrived, str, int], EmailMessage]] = {
    "gmail": gmail,
    "outlook": outlook,
    "apple": apple,
    "thunderbird": thunderbird,
    "mutt": mutt,
    "helpdesk": helpdesk,
    "deaf-helpdesk": deaf_helpdesk,
}
