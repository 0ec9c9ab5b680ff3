"""Thanks and nothing else: in doubt a person reads it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_cli.mail.thanks import only_thanks


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "thx",
        "Thanks :)",
        "Thanks 👍",
        "Thank you so much for your help!",
        "Thanks a lot, that did the trick.",
        "Perfect, thanks.",
        "Great - thank you!",
        "ok, thank you",
        "Thanks, Kim!",
        "Hi Anna,\n\nthanks, works now.\n\nBob",
        "Thank you very much!\n\nBest regards\nKim Smith",
        "Thanks, you can close this ticket.",
        "Vielen Dank, das hat geholfen",
        "Hallo Frau Müller,\nherzlichen Dank für die schnelle Hilfe!\nViele Grüße\nMax Mustermann",
        "Danke, jetzt geht's!",
        "merci beaucoup",
        "Bonjour,\nMerci pour votre aide, c'est parfait.\nCordialement",
        "¡Muchas gracias!",
        "Grazie mille, ora funziona.",
        "Muito obrigado pela ajuda",
        "Bedankt voor de snelle reactie!",
        "Dziękuję bardzo za szybką odpowiedź.",
        "Tack så mycket för hjälpen!",
        "Mange tak for hjælpen",
        "Kiitos paljon!",
        "Moc děkuji, už to funguje.",
        "Köszönöm szépen!",
        "Mulțumesc mult",
        "Большое спасибо за помощь!",
        "Щиро дякую!",
        "Çok teşekkür ederim",
        "Ευχαριστώ πολύ!",
        "תודה רבה!",
        "شكرا جزيلا",
        "ありがとうございました。",
        "ご対応いただきありがとうございました",
        "谢谢！问题解决了。",
        "감사합니다.",
        "Cảm ơn nhiều!",
        "Terima kasih banyak",
    ],
)
def test_thanks(text: str) -> None:
    """Said briefly, with greeting, name and closing or with none."""
    assert only_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "ok",
        "Perfect",
        "Kim Smith",
        "Hi Kim",
        "Best regards",
        "thanks, but it still fails",
        "Thanks. One more question: how do I",
        "Thanks?",
        "Thanks!?",
        "Thank you for nothing",
        "No thanks",
        "nein danke",
        "Thanks in advance",
        "Merci d'avance",
        "Thanks, I will try tomorrow",
        "Thanks, my order is 4711",
        "Thanks, see http://example.org",
        "thanks for the info, the server is down again",
        "Thanks for your reply. It does not work.",
        "Thanks, please also add bob@example.org",
        "Danke, aber es geht nicht",
        "Vielen Dank für die Antwort. Leider klappt es nicht.",
        "Merci mais ça ne marche pas",
        "Gracias, pero no funciona",
        "谢谢，但是还是不行",
        "ありがとうございます。もう一つ質問があります",
        "Спасибо, но не работает",
        "Thanks for closing my account without asking",
        "It works now",
        "Thanks... I guess",
        "Thanks " * 60,
    ],
)
def test_no_thanks(text: str) -> None:
    """One word too many."""
    assert not only_thanks(text)


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    """Never an error; a question mark is always a question."""
    only_thanks(text)
    assert not only_thanks(f"Thanks! {text}?")


def test_it_costs_nothing() -> None:
    """Not even for a text made of its own phrases, or for a very long one."""
    start = time.process_time()
    for text in ("thanks " * 34, "ありがとう" * 40, "a" * 1_000_000, "谢谢" * 110 + "x"):
        only_thanks(text)
    assert time.process_time() - start < 1
