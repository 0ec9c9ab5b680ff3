"""What reading a mail loads: a plain one nothing but the parser, each library only where it is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest
from corpus.score import CORPUS

HEAVY = (
    "lxml",
    "compressed_rtf",
    "html.parser",
    "mimetypes",
    "zipfile",
    "xml",
    "unittest",
    "asyncio",
)


@pytest.mark.parametrize(
    ("mail", "loaded"),
    [
        ("mikel-mail/mails/plain_emails-basic_email.eml", set()),
        ("mikel-mail/mails/attachment_emails-attachment_pdf.eml", set()),
        ("talon/mails/standard_replies-gmail.eml", set()),
        ("talon/mails/html_replies-gmail.eml", {"lxml"}),
        ("MimeKit/mails/tnef-one-file.eml", set()),
        ("MimeKit/mails/tnef-attachments.eml", {"compressed_rtf"}),
    ],
)
def test_a_library_is_loaded_where_it_is_needed(mail: str, loaded: set[str]) -> None:
    code = (
        "import pathlib, sys\n"
        "from helpdesk_cli.mail.incoming import read_mail\n"
        "read_mail(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(*(set(sys.argv[2:]) & set(sys.modules)))\n"
    )
    command = [sys.executable, "-c", code, str(CORPUS / mail), *HEAVY]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert set(done.stdout.split()) == loaded
