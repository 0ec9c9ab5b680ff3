"""What the rules about automatic mail say, in words: for `desk ack explain`."""

from __future__ import annotations

# In the order in which they are asked; A17 is what remains.
ROWS: dict[str, str] = {
    "A1": "the envelope's sender is null, or the mail server did not tell it",
    "A2": "it is a report about other mail",
    "A3": "Auto-Submitted says that a machine sent it",
    "A4": "it came from this desk: our mark, our signature or our address",
    "A5": "X-Auto-Response-Suppress asks for no answer",
    "A6": "it came through a list",
    "A7": "its Precedence is bulk, junk, list or auto-reply",
    "A8": "it bears the mark of an autoresponder",
    "A9": "a machine's address sent it: mailer-daemon, no-reply, owner- ...",
    "A10": "it has not exactly one clear sender, or Reply-To names several or us",
    "A11": "our mail server or spam filter calls it forged or spam",
    "A12": "it is addressed to none of our inboxes",
    "A13": "it has gone round: many hops, or many Re: in its subject",
    "A18": "nothing vouches for its sender: the envelope names another domain",
    "A14": "it opened no new ticket that waits for an answer, or is too old",
    "A15": "enough automatic mail went to this address, its domain, or in all",
    "A16": "what was sent before cannot be read or written down",
}
