"""What a trial of the desk's mail says: its letter, and what is to be done about what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpdesk_cli.mail.auth_results import Method, Result, Verdict

SUBJECT = "Test of this desk's mail"
_LETTER = """\
Hello,

this is a test by {who}: mail of {desk} goes out, is answered, and finds its way back.

1. Please answer this mail, as you would answer any other.
2. Please help us see what your mail system thinks of ours: attach this mail to your answer
   ("forward as attachment"), or paste its full headers into it ("show original", "view source").

Thank you. Nothing else is asked of you.
"""
_FINE: dict[Method, str] = {
    "spf": "the sending host may send for this domain",
    "dkim": "the mail is signed, and the signature holds",
    "dmarc": "the domain in From is proven",
}
_REPAIRS: dict[Method, str] = {
    "spf": "Publish a TXT record at {domain} that names the sending host or relay, such as `v=spf1 mx -all`.",
    "dkim": "Sign with a key of {domain} (OpenDKIM or Rspamd beside your mail server, or the relay does it); "
    "its public half goes into a TXT record at SELECTOR._domainkey.{domain}.",
    "dmarc": "Publish a TXT record at _dmarc.{domain}; `v=DMARC1; p=none` to begin with.",
}


def letter_text(who: str, desk: str) -> str:
    """The letter's text. It names no result of a check: quoted, it would be read as one."""
    return _LETTER.format(who=who, desk=desk)


def means(verdict: Verdict, *, domain: str) -> tuple[str, str]:
    """(what a verdict says in words, what to mend: "" where nothing is)."""
    method, result = verdict.method, verdict.result
    by = f" (says {verdict.by})" if verdict.by else ""
    repair = _REPAIRS[method].format(domain=domain)
    said: dict[Result, tuple[str, str]] = {
        "pass": (f"{_FINE[method]}{by}", ""),
        "unaligned": (
            f"it passes for {verdict.domain} only, not for {domain}: DMARC counts it not{by}",
            repair,
        ),
        "none": (f"there is none{by}", repair),
        "": (
            "nothing that came back tells",
            "Answer once more with the mail attached or its headers pasted, or try an echo robot.",
        ),
        "temperror": (f"the other side could not look just now{by}", "Try again later."),
        "permerror": (f"the record in the DNS is wrong{by}", f"Look for a slip in it. {repair}"),
        "neutral": (f"the record says nothing of the host that sent{by}", repair),
        "policy": (f"the other side's own rules refuse it{by}", f"Look for their reason. {repair}"),
    }
    whose = verdict.domain or domain
    failed: dict[Method, tuple[str, str]] = {
        "spf": (f"the host that sent may not send for {whose}{by}", repair),
        "dkim": (
            f"the signature of {whose} does not hold{by}",
            f"Something changes mail after it is signed, or the public key is not the signer's. {repair}",
        ),
        "dmarc": (f"neither SPF nor DKIM proves {domain}{by}", f"Mend SPF or DKIM for {domain} itself."),
    }
    return said.get(result, failed[method])
