"""Newly written text, quotation, signature: in the shapes and languages mail programs write."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.marks import is_forward_subject
from helpdesk_cli.mail.quoting import new_text, split

ATTRIBUTIONS = """
en|On Mon, Nov 2, 2026 at 9:14 AM Ada Lovelace <ada@example.org> wrote:
en|On 02/11/26 9:14 AM, Ada Lovelace wrote:
en|On Nov 2, 2026, at 9:14 AM, Ada Lovelace <ada@example.org> wrote:
en|On Mon, 02 Nov 2026 09:14:43 -0200 Ada Lovelace <ada@example.org> wrote
en|---- On Mon, 02 Nov 2026 09:14:43 +0100 Ada Lovelace <ada@example.org> wrote ----
en|At 2026-11-02 09:14:43, "Ada Lovelace" <ada@example.org> wrote:
en|Ada Lovelace <ada@example.org> wrote:
en|Ada Lovelace <ada@example.org> writes:
en|2026-11-02 9:14 GMT+01:00 Ada Lovelace <ada@example.org>:
en|Monday, November 2, 2026 9:14 AM +0100 from ada@example.org <ada@example.org>:
en|On Mon, Nov 2, 2026, 9:14 AM Ada Lovelace ada@example.org wrote:
de|Am 02.11.2026 um 09:14 schrieb Ada Lovelace:
de|Am Mo., 2. Nov. 2026 um 09:14 Uhr schrieb Ada Lovelace <ada@example.org>:
de|Am 02.11.2026 09:14, schrieb Ada Lovelace:
de|Ada Lovelace <ada@example.org> schrieb am Mo., 2. Nov. 2026, 09:14:
de|Am Montag, 2. November 2026 um 09:14:43 MEZ hat Ada Lovelace <ada@example.org> Folgendes geschrieben:
fr|Le lun. 2 nov. 2026 à 09:14, Ada Lovelace <ada@example.org> a écrit :
fr|Le 02/11/2026 à 09:14, Ada Lovelace a écrit :
fr|Le lundi 2 novembre 2026 à 09:14:43 UTC+1, Ada Lovelace <ada@example.org> a écrit :
es|El lun, 2 nov 2026 a las 9:14, Ada Lovelace (<ada@example.org>) escribió:
es|El 2/11/26 a las 9:14, Ada Lovelace escribió:
it|Il giorno lun 2 nov 2026 alle ore 09:14 Ada Lovelace <ada@example.org> ha scritto:
it|Il 02/11/2026 09:14, Ada Lovelace ha scritto:
pt|Em seg., 2 de nov. de 2026 às 09:14, Ada Lovelace <ada@example.org> escreveu:
pt|Em 02/11/2026 09:14, Ada Lovelace escreveu:
nl|Op ma 2 nov. 2026 om 09:14 schreef Ada Lovelace <ada@example.org>:
nl|Op 02-11-2026 om 09:14 schreef Ada Lovelace:
pl|pon., 2 lis 2026 o 09:14 Ada Lovelace <ada@example.org> napisał(a):
pl|W dniu 02.11.2026 o 09:14, Ada Lovelace pisze:
pl|W dniu 2 listopada 2026 09:14:43 użytkownik Ada Lovelace <ada@example.org> napisał:
sv|Den mån 2 nov. 2026 kl 09:14 skrev Ada Lovelace <ada@example.org>:
da|Den man. 2. nov. 2026 kl. 09.14 skrev Ada Lovelace <ada@example.org>:
no|man. 2. nov. 2026 kl. 09:14 skrev Ada Lovelace <ada@example.org>:
fi|ma 2. marrask. 2026 klo 9.14 Ada Lovelace (ada@example.org) kirjoitti:
cs|po 2. 11. 2026 v 9:14 odesílatel Ada Lovelace <ada@example.org> napsal:
sk|po 2. 11. 2026 o 9:14 Ada Lovelace <ada@example.org> napísal(a):
hu|Ada Lovelace <ada@example.org> ezt írta (időpont: 2026. nov. 2., H, 9:14):
ro|În lun., 2 nov. 2026 la 09:14, Ada Lovelace <ada@example.org> a scris:
ru|пн, 2 нояб. 2026 г. в 09:14, Ada Lovelace <ada@example.org>:
ru|02.11.2026 09:14, Ada Lovelace пишет:
ru|Понедельник, 2 ноября 2026, 9:14 +03:00 от Ada Lovelace <ada@example.org>:
uk|пн, 2 лист. 2026 р. о 09:14 Ada Lovelace <ada@example.org> пише:
bg|На пн, 2.11.2026 г. в 9:14 Ada Lovelace <ada@example.org> написа:
tr|Ada Lovelace <ada@example.org>, 2 Kas 2026 Pzt, 09:14 tarihinde şunu yazdı:
el|Στις Δευ 2 Νοε 2026 στις 9:14 π.μ., ο χρήστης Ada Lovelace <ada@example.org> έγραψε:
ar|في الاثنين، 2 نوفمبر 2026 في 9:14 ص تمت كتابة ما يلي بواسطة Ada Lovelace <ada@example.org>:
ja|2026年11月2日(月) 9:14 Ada Lovelace <ada@example.org>:
ja|2026/11/02 9:14、Ada Lovelace <ada@example.org>のメール:
zh|Ada Lovelace <ada@example.org> 于2026年11月2日周一 09:14写道：
zh|在 2026年11月2日，09:14，Ada Lovelace <ada@example.org> 写道：
zh|Ada Lovelace <ada@example.org> 於 2026年11月2日 週一 上午9:14寫道：
ko|2026년 11월 2일 (월) 오전 9:14, Ada Lovelace <ada@example.org>님이 작성:
vi|Vào Th 2, 2 thg 11, 2026 vào lúc 09:14 Ada Lovelace <ada@example.org> đã viết:
id|Pada tanggal Sen, 2 Nov 2026 pukul 09.14 Ada Lovelace <ada@example.org> menulis:
hr|pon, 2. stu 2026. u 09:14 Ada Lovelace <ada@example.org> napisao je:
sl|V pon., 2. nov. 2026 ob 09:14 je oseba Ada Lovelace <ada@example.org> napisala:
et|Ada Lovelace <ada@example.org> kirjutas kuupäeval E, 2. november 2026 kell 09:14:
lt|2026-11-02, pr, 09:14 Ada Lovelace <ada@example.org> rašė:
lv|pirmd., 2026. g. 2. nov., plkst. 09:14 — lietotājs Ada Lovelace (<ada@example.org>) rakstīja:
ca|Missatge de Ada Lovelace <ada@example.org> del dia dl., 2 de nov. 2026 a les 9:14:
th|ในวันที่ จ. 2 พ.ย. 2026 เวลา 09:14 Ada Lovelace <ada@example.org> เขียนว่า:
hi|सोम, 2 नव॰ 2026 को 9:14 am बजे को Ada Lovelace <ada@example.org> ने लिखा:
"""

# As mail programs write them between two directions, with marks nobody sees.
MARKED_ATTRIBUTIONS = [
    "\u202bבתאריך 2 בנוב׳ 2026 ב-9:14 מאת \u202aAda\u202c\u200f <\u202aada@example.org\u202c\u200f>:\u202c",
    "در تاریخ دوشنبه ۲ نوامبر ۲۰۲۶،\u200f ۹:۱۴ Ada Lovelace <ada@example.org> نوشت:",
]

HEADER_BLOCKS = """
en|From: N|Sent: D|To: T|Subject: S
de|Von: N|Gesendet: D|An: T|Betreff: S
fr|De : N|Envoyé : D|À : T|Objet : S
es|De: N|Enviado el: D|Para: T|Asunto: S
it|Da: N|Inviato: D|A: T|Oggetto: S
pt|De: N|Enviado: D|Para: T|Assunto: S
nl|Van: N|Verzonden: D|Aan: T|Onderwerp: S
pl|Od: N|Wysłano: D|Do: T|Temat: S
sv|Från: N|Skickat: D|Till: T|Ämne: S
da|Fra: N|Sendt: D|Til: T|Emne: S
fi|Lähettäjä: N|Lähetetty: D|Vastaanottaja: T|Aihe: S
cs|Od: N|Odesláno: D|Komu: T|Předmět: S
hu|Feladó: N|Elküldve: D|Címzett: T|Tárgy: S
ro|De la: N|Trimis: D|Către: T|Subiect: S
ru|От: N|Отправлено: D|Кому: T|Тема: S
uk|Від: N|Надіслано: D|Кому: T|Тема: S
bg|От: N|Изпратено: D|До: T|Относно: S
tr|Kimden: N|Gönderildi: D|Kime: T|Konu: S
el|Από: N|Στάλθηκε: D|Προς: T|Θέμα: S
he|מאת: N|נשלח: D|אל: T|נושא: S
ar|من: N|تاريخ الإرسال: D|إلى: T|الموضوع: S
ja|差出人: N|送信日時: D|宛先: T|件名: S
zh|发件人：N|发送时间：D|收件人：T|主题：S
zh|寄件者: N|寄件日期: D|收件者: T|主旨: S
ko|보낸 사람: N|보낸 날짜: D|받는 사람: T|제목: S
vi|Từ: N|Đã gửi: D|Đến: T|Chủ đề: S
et|Saatja: N|Saadetud: D|Kellele: T|Teema: S
"""

MARKS = """
-----Original Message-----
-------- Original Message --------
-----Ursprüngliche Nachricht-----
-------- Originalnachricht --------
-----Message d'origine-----
-----Mensaje original-----
-----Messaggio originale-----
-----Mensagem original-----
-----Oorspronkelijk bericht-----
-----Oprindelig meddelelse-----
-----Opprinnelig melding-----
-----Ursprungligt meddelande-----
-----Alkuperäinen viesti-----
-----Oryginalna wiadomość-----
-----Původní zpráva-----
-----Eredeti üzenet-----
-----Исходное сообщение-----
-----Özgün İleti-----
-----הודעה מקורית-----
------------------ 原始邮件 ------------------
-----원본 메시지-----
"""


def lines_of(table: str) -> list[str]:
    """The filled lines of a table."""
    return table.strip().split("\n")


def all_attributions() -> list[str]:
    """Every attribution line of the tables."""
    return [row.partition("|")[2] for row in lines_of(ATTRIBUTIONS)] + MARKED_ATTRIBUTIONS


def kinds(text: str, *, subject: str = "") -> list[tuple[str, str]]:
    """(kind, text without blank edges) of every segment."""
    return [(segment.kind, segment.text.strip()) for segment in split(text, subject=subject)]


def said(text: str, *, subject: str = "") -> str:
    """What counts as newly written."""
    return new_text(split(text, subject=subject))


@pytest.mark.parametrize("line", all_attributions())
@pytest.mark.parametrize("below", ["> Old words.\n> More.", "Old words.\n\nMore."], ids=["marked", "bare"])
def test_an_attribution_begins_the_quotation(line: str, below: str) -> None:
    """With `>` below it and, as programs that quote by colour or bar leave it, without."""
    assert said(f"New words.\n\n{line}\n\n{below}\n") == "New words."


@pytest.mark.parametrize("line", all_attributions())
def test_a_wrapped_attribution_is_taken_whole(line: str) -> None:
    """Programs break the line at some 78 characters, often inside the address."""
    for at in [place for place, character in enumerate(line) if character == " "][4:]:
        broken = f"{line[:at]}\n{line[at + 1 :]}"
        assert said(f"New words.\n\n{broken}\n> Old words.\n") == "New words."
    if "<" in line:
        assert said(f"New words.\n\n{line.replace('<', f'<{chr(10)}')}\n> Old words.\n") == "New words."


@pytest.mark.parametrize("row", lines_of(HEADER_BLOCKS))
@pytest.mark.parametrize("shape", ["plain", "bold", "ruled", "spaced", "indented"])
def test_a_copied_header_block_begins_the_quotation(row: str, shape: str) -> None:
    """As Outlook writes it in each language."""
    values = {
        "N": "Ada Lovelace <ada@example.org>",
        "D": "Monday, 2 November 2026 09:14",
        "T": "Support",
        "S": "RE: It",
    }
    fields = [field[:-1] + values[field[-1]] for field in row.split("|")[1:]]
    block = {
        "plain": "\n".join(fields),
        "bold": "\n".join(f"*{field.replace(':', ':*', 1)}" for field in fields),
        "ruled": "________________________________\n" + "\n".join(fields),
        "spaced": "\n\n".join(fields),
        "indented": "\n".join(f"   {field}" for field in fields),
    }[shape]
    assert said(f"New words.\n\n{block}\n\nOld words.\n") == "New words."


@pytest.mark.parametrize("mark", lines_of(MARKS))
def test_an_original_message_mark_begins_the_quotation(mark: str) -> None:
    """With a header block below it or with none."""
    assert said(f"New words.\n\n{mark}\nFrom: Ada <ada@example.org>\n\nOld words.") == "New words."
    assert said(f"New words.\n\n{mark}\n\nOld words.") == "New words."


def test_answers_between_quoted_lines_are_text() -> None:
    """Interleaved answering, as people do on lists."""
    text = (
        "On 1 May 2026, at 10:00, Ada <ada@example.org> wrote:\n> One?\n\nYes.\n\n> Two?\n> Really?\n\nNo.\n"
    )
    assert kinds(text) == [
        ("quote", "On 1 May 2026, at 10:00, Ada <ada@example.org> wrote:\n> One?"),
        ("text", "Yes."),
        ("quote", "> Two?\n> Really?"),
        ("text", "No."),
    ]


def test_an_answer_below_the_quotation_is_text() -> None:
    """Bottom posting with a signature."""
    text = "Ada wrote:\n> Is it on?\n\nIt is.\n-- \nBob\n"
    assert kinds(text)[1:] == [("text", "It is."), ("signature", "-- \nBob")]


def test_a_quoted_line_broken_on_the_way_stays_quoted() -> None:
    """Its end lost the mark."""
    long = "> In efficitur augue ac tristique ullamcorper. Aenean tincidunt ornare diam,"
    text = f"Yes.\n\n{long}\neget accumsan est viverra quis.\n> Pellentesque.\n"
    assert said(text) == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "On your host you can run:\n\n    telnet 127.0.0.1 52698\n\nThat should connect.",
        "I called at 3:15 pm on 2026-01-03 and was told:\n\nyour order is lost.",
        "The log of 2026-01-03 says:\n\nerror 17 at 12:30",
        "On Monday the shop assistant wrote:\nI do not know.\nSo what now?",
        "From: Paris\nTo: London\nDate: 3 May\n\nPlease book this for me.",
        "Dear team,\n\nSubject: invoice\n\nplease see attached.",
        "I sent from my desk a letter.\nSent from my desk, is much easier than my phone.",
        "To: do\n- buy milk\nFrom: the list\n\nthanks",
        "And here is a fix -- this is not a signature.",
        "Steps:\n\n1. open\n--\n2. close" + "\nmore" * 20,
        "Items:\n\n- One\n- Two",
        "Please send it to\n\n/Users/Ada",
        "Thanks,\nAlex",
        "Best regards to your mother!\n\nShe sent me this message.",
        "Regards\n\nP.S. It only fails on Mondays, when the backup runs.",
        "Regards\n\nCould you also check the other one?",
        "Please add this user:\n\nJohn Doe\njohn@example.org\n+49 30 123456\nwww.example.org",
        "Original message was lost. What now?",
        "It says:\n\n>>> import this\nTraceback (most recent call last):\n>>> exit()",
        "I got an automatic message:\n---\nwhatever\n---\nand then nothing",
    ],
)
def test_what_people_write_stays_text(text: str) -> None:
    """Nothing here is certain enough to be folded away."""
    assert said(text) == text


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("It works.\n\n-- \nAda Lovelace\nAnalyst", "-- \nAda Lovelace\nAnalyst"),
        ("It works.\n\nSent from my iPhone", "Sent from my iPhone"),
        (
            "It works.\n\nSent from my Verizon Wireless 4G LTE smartphone",
            "Sent from my Verizon Wireless 4G LTE smartphone",
        ),
        ("Es geht.\n\nVon meinem iPhone gesendet", "Von meinem iPhone gesendet"),
        ("Ça marche.\n\nEnvoyé de mon iPhone", "Envoyé de mon iPhone"),
        ("Va bene.\n\nInviato da iPhone", "Inviato da iPhone"),
        ("Funciona.\n\nEnviado desde mi iPhone", "Enviado desde mi iPhone"),
        ("動きます。\n\niPhoneから送信", "iPhoneから送信"),
        ("好了。\n\n发自我的iPhone", "发自我的iPhone"),
        ("Работает.\n\nОтправлено с iPhone", "Отправлено с iPhone"),
        ("Ok.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>", "Get Outlook for iOS<https://aka.ms/o0ukef>"),
        ("Ok.\n\nGet [Outlook for Android](https://aka.ms/x)", "Get [Outlook for Android](https://aka.ms/x)"),
        (
            "Es geht.\n\nMit freundlichen Grüßen\nAda Lovelace\nTel. +49 30 1234",
            "Mit freundlichen Grüßen\nAda Lovelace\nTel. +49 30 1234",
        ),
        (
            "It works.\n\nKind regards,\n\nAda\n\nSent from my iPad",
            "Kind regards,\n\nAda\n\nSent from my iPad",
        ),
        ("It works.\n\nBest regards, Ada Lovelace", "Best regards, Ada Lovelace"),
        ("It works.\n\n-Ada Lovelace", "-Ada Lovelace"),
        ("It works.\n\n/Ada", "/Ada"),
        (
            "It works.\n\nAda Lovelace\nAnalyst\nada@example.org\n+49 30 123456\nwww.example.org",
            "Ada Lovelace\nAnalyst\nada@example.org\n+49 30 123456\nwww.example.org",
        ),
        (
            "Works.\n\n______________________________\nusers mailing list\nusers@lists.example.org",
            "______________________________\nusers mailing list\nusers@lists.example.org",
        ),
        (
            "Done.\n\nMed vänlig hälsning\nAda\n\nThis message is confidential, for its recipient only. "
            + "x" * 200,
            "Med vänlig hälsning\nAda\n\nThis message is confidential, for its recipient only. " + "x" * 200,
        ),
    ],
)
def test_a_signature_is_told_from_the_message(text: str, signature: str) -> None:
    """Kept as it is, in a segment of its own."""
    assert kinds(text) == [("text", text.partition("\n")[0]), ("signature", signature)]


def test_a_signature_above_the_quotation_is_one_too() -> None:
    """The most common shape of all: text, signature, quotation."""
    text = "Yes.\n\nBest regards\nAda\n\nOn 1 May 2026 at 10:00 Bob <bob@example.org> wrote:\n> Is it on?\n"
    assert [kind for kind, _ in kinds(text)] == ["text", "signature", "quote"]


FORWARDS = [
    "---------- Forwarded message ---------\nFrom: Ada <ada@example.org>\nDate: 2 Nov\nSubject: It",
    "---------- Forwarded message ----------\nFrom: Ada <ada@example.org>\nSubject: It",
    "Begin forwarded message:\n\nFrom: Ada <ada@example.org>\nSubject: It\nDate: 2 November 2026 at 09:14",
    "-------- Weitergeleitete Nachricht --------\nBetreff: It\nDatum: 2 Nov 2026\nVon: Ada <ada@example.org>",
    "-------- Message transféré --------\nSujet : It\nDate : 2 Nov 2026\nDe : Ada <ada@example.org>",
    "------ Vidarebefordrat meddelande ------\nFrån: Ada <ada@example.org>\nDatum: 2 nov 2026\nÄmne: It",
    "---------- 转发的邮件 ----------\n发件人： Ada <ada@example.org>\n日期： 2026年11月2日\n主题： It",
]


@pytest.mark.parametrize("head", FORWARDS)
def test_forwarded_mail_is_what_the_sender_writes_about(head: str) -> None:
    """With a line of their own above it or with none; what the forwarded mail quotes is quoted."""
    old = "On 1 May 2026 at 10:00 Bob <bob@example.org> wrote:\n> Older words."
    assert (
        said(f"Please help.\n\n{head}\n\nIt does not start.\n\n{old}")
        == f"Please help.\n\n{head}\n\nIt does not start."
    )
    assert said(f"{head}\n\nIt does not start.") == f"{head}\n\nIt does not start."


@pytest.mark.parametrize(
    "text",
    [
        "Hi\n\nBegin forwarded message:\n\n> From: ada@b.c\n> Subject: It\n>\n> Words.\n>> Older.\n\nBottom",
        "A\n\n> Begin forwarded message:\n>\n> From: a@b.c\n> Subject: It\n>\n> Words.\n>> Older.\n\nBottom",
    ],
)
def test_a_forward_with_marks_before_its_lines(text: str) -> None:
    """Apple Mail in plain text: its first level is what was sent."""
    assert "> Words." in said(text)
    assert "Older." not in said(text)
    assert said(text).endswith("Bottom")


def test_a_forward_by_subject_has_no_mark() -> None:
    """Outlook says it in the subject only."""
    text = "FYI\n\nFrom: Ada <ada@example.org>\nSent: 2 Nov\nTo: Kim\nSubject: It\n\nIt does not start.\n"
    assert said(text, subject="WG: It") == text.rstrip()
    assert said(text, subject="Re: It") == "FYI"


@pytest.mark.parametrize(
    "subject", ["Fwd: x", "FW: x", "WG: x", "TR: x", "RV: x", "[list] Fwd: x", "转发：x", "fwd : x"]
)
def test_subjects_of_forwards(subject: str) -> None:
    """In the languages of the programs that write them."""
    assert is_forward_subject(subject)


@pytest.mark.parametrize("subject", ["Re: Fwd: x", "x", "", "Forward planning", "Track: x", "AW: WG: x"])
def test_subjects_of_others(subject: str) -> None:
    """An answer to a forward is an answer."""
    assert not is_forward_subject(subject)


def test_an_old_mail_without_anything_above_it_stays_text() -> None:
    """Somebody put it there for us to read, however they did it."""
    text = "From: Ada <ada@example.org>\nSent: Monday, 2 November 2026\nSubject: It\n\nIt does not start."
    assert said(text) == text


LINES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            *all_attributions(),
            *lines_of(MARKS),
            *FORWARDS,
            "> a",
            ">> b",
            "",
            "-- ",
            "--",
        ]
    ),
    st.sampled_from(
        [
            "From: a@b.c",
            "Sent: 1",
            "Subject: x",
            "To: y",
            "Regards",
            "____________________",
            "wrote:",
            ">:",
            "\r",
            "\x85",
        ]
    ),
)


@given(st.lists(LINES, max_size=30), st.sampled_from(["", "Fwd: x", "Re: x"]))
def test_segments_are_the_text(lines: list[str], subject: str) -> None:
    """Whatever the text: joined again it is the same, in runs that differ, of whole lines."""
    text = "\n".join(lines)
    segments = split(text, subject=subject)
    assert "".join(segment.text for segment in segments) == text
    assert all(before.kind != after.kind for before, after in pairwise(segments))
    assert all(segment.text.endswith("\n") for segment in segments[:-1])
    assert all(segment.text for segment in segments[:-1])


@pytest.mark.parametrize(
    "text",
    [
        "> " * 500_000,
        "> > >\n" * 150_000,
        "On On On wrote" * 70_000,
        "On On On wrote:\n" * 60_000,
        "Some words of an ordinary line.\n" * 100_000,
        "From: a@b.c\n" * 80_000,
        "From: a@b.c\nTo: x\n\n" * 40_000,
        "On 3 May 2026 12:30 x:\n" * 40_000,
        "---- Forwarded message ----\n" * 35_000,
        "-- \n" * 100_000,
        "> x\nanswer\n" * 70_000,
        "Regards\n" * 100_000,
        ("a" * 590 + " 12:30 2026 wrote:\n") * 1600,
        ("<" * 590 + ":\n") * 1600,
        ("@" * 590 + ":\n") * 1600,
        " " * 1_000_000 + "\n" + " " * 1_000_000,
        "\n" * 1_000_000,
    ],
    ids=lambda text: text[:12].encode("unicode_escape").decode(),
)
def test_a_hostile_text_costs_what_a_long_one_does(text: str) -> None:
    """A megabyte in a second or so; a quadratic reading would take minutes."""
    start = time.process_time()
    new_text(split(text, subject="Fwd: x"))
    assert time.process_time() - start < 4
