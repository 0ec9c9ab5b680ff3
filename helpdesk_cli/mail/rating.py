"""What an answer to "How did it go?" says: a rating in its first line, or nothing that counts as one.

Only a line that is a rating and nothing else (but thanks) counts; in doubt it is a message to be read.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Literal

from helpdesk_cli.mail.thanks import only_thanks

Rating = Literal["good", "ok", "bad", "stop"]

_LONGEST_LINE = 120
_LONGEST_WORDS = 24
_STARS = "⭐★☆"
_MOST_STARS = 5
_SCALE: dict[int, Rating] = {1: "bad", 2: "bad", 3: "ok", 4: "good", 5: "good"}
# "ok", "well" and "bien" alone rate; "not good", "could be better" are for a person to read.
_WORDS: dict[Rating, str] = {
    "good": """
        good|very good|great|excellent|perfect|fantastic|awesome|happy|satisfied|very satisfied|very happy
        gut|sehr gut|super|prima|toll|perfekt|ausgezeichnet|hervorragend|zufrieden|sehr zufrieden
        bien|très bien|tres bien|parfait|excellente|satisfait|satisfaite|très satisfait|bon|bonne
        bueno|buena|muy bien|muy bueno|muy buena|excelente|perfecto|perfecta|satisfecho|satisfecha
        bom|boa|muito bom|muito boa|ótimo|ótima|satisfeito|satisfeita|bene|molto bene|buono|ottimo|eccellente
        goed|zeer goed|heel goed|uitstekend|tevreden|bra|mycket bra|godt|meget godt|meget bra|hyvä
        dobrze|bardzo dobrze|świetnie|dobře|velmi dobře|výborně|jó|nagyon jó|bine|foarte bine
        хорошо|очень хорошо|отлично|добре|дуже добре|відмінно|καλό|πολύ καλό|iyi|çok iyi|mükemmel
        良い|よい|良かった|とても良い|満足|好|很好|非常好|满意|滿意|좋음|좋아요|만족
        جيد|جيد جدا|טוב|טוב מאוד|अच्छा
    """,
    "ok": """
        ok|okay|o.k|fair|average|so so|so-so|neutral|acceptable|it was ok|it was okay
        in ordnung|mittel|mittelmäßig|mittelmässig|durchschnittlich|geht so|so lala|es geht|befriedigend
        moyen|moyenne|passable|comme ci comme ça|bof|regular|normal|aceptable|más o menos|mas o menos
        razoável|mais ou menos|così così|discreto|discreta|redelijk|matig|gaat wel|okej|sådär|kohtalainen
        średnio|przeciętnie|průměrně|közepes|mediu|нормально|средне|так себе|задовільно|μέτριο|orta|idare eder
        普通|まあまあ|一般|还行|還行|보통|مقبول|בסדר
    """,
    "bad": """
        bad|very bad|poor|very poor|terrible|awful|horrible|unhappy|dissatisfied|unsatisfied|not good
        schlecht|sehr schlecht|mangelhaft|ungenügend|miserabel|unzufrieden|nicht gut
        mauvais|mauvaise|très mauvais|mal|pas bien|pas bon|insatisfait|insatisfaite
        malo|mala|muy mal|muy malo|muy mala|pésimo|insatisfecho|insatisfecha|ruim|mau|má|péssimo|insatisfeito
        male|molto male|cattivo|pessimo|insoddisfatto|insoddisfatta|slecht|zeer slecht|ontevreden
        dålig|dåligt|mycket dåligt|dårlig|dårligt|huono|źle|bardzo źle|špatně|velmi špatně|rossz|rău
        плохо|очень плохо|ужасно|погано|дуже погано|κακό|kötü|çok kötü|berbat
        悪い|悪かった|不満|差|很差|不好|不满意|不滿意|나쁨|별로|불만족|سيئ|سيء|רע|גרוע|बुरा
    """,
    "stop": """
        stop|unsubscribe|opt out|opt-out|no more surveys|do not ask again|don't ask again|do not ask me again
        abmelden|abbestellen|nicht mehr fragen|bitte nicht mehr fragen|désabonner|se désabonner|désinscrire
        no preguntar más|darse de baja|baja|cancelar subscrição|descadastrar|disiscrivimi|annulla iscrizione
        afmelden|uitschrijven|avregistrera|afmeld|avmeld|wypisz|odhlásit|leiratkozás|отписаться|відписатися
    """,
}
_FACES: dict[Rating, str] = {
    "good": "👍😀😃😄😁😊🙂😍🥰🤩❤💚🎉👏💯😎☺",
    "ok": "😐😑👌🤷",
    "bad": "👎😞😠😡🤬😢😭🙁☹😒😤💩😕",
}
_SMILEYS: dict[str, Rating] = {
    ":)": "good",
    ":-)": "good",
    ":d": "good",
    ":-d": "good",
    ":|": "ok",
    ":-|": "ok",
    ":(": "bad",
    ":-(": "bad",
}
_NUMBER = re.compile(
    r"([1-5])(?:\s*(?:/|of|von|sur|de|out of)\s*5)?(?:\s*(?:stars?|sterne?|étoiles?|points?))?"
)
_END = " \t.!¡,;:-–—*_\"'“”„«»。！、，\u200b\ufeff\xa0"


def read_rating(new_text: str) -> tuple[Rating, str] | None:
    """(rating, comment) of what somebody newly wrote; None where the first line is no rating."""
    lines = [line.strip() for line in new_text.strip().split("\n")]
    first, rest = lines[0], "\n".join(lines[1:]).strip()
    if not first or len(first) > _LONGEST_LINE:
        return None
    rating = _read_line(first)
    return None if rating is None else (rating, rest)


def asks_something(comment: str) -> bool:
    """Whether a comment holds a question: somebody waits for an answer."""
    return any(mark in comment for mark in "?？؟\u037e")


def _read_line(line: str) -> Rating | None:
    found = _read_piece(line)
    if found is not None:
        return found
    # "Good, thank you!" is an answer, "Good, but ..." is a text.
    head, mark, tail = _parted(line)
    return _read_piece(head) if mark and only_thanks(tail) else None


def _parted(line: str) -> tuple[str, str, str]:
    match = re.search(
        r"[,.!;:–—。！，、]|\s-\s|\s(?=thank|thx|danke|vielen dank|merci|gracias|grazie)", line, re.IGNORECASE
    )
    return (line, "", "") if match is None else (line[: match.start()], match[0] or " ", line[match.end() :])


def _read_piece(text: str) -> Rating | None:
    bare = text.strip().casefold()
    if bare in _SMILEYS:
        return _SMILEYS[bare]
    core = " ".join(bare.replace("’", "'").strip(_END).split())
    if not core:
        return None
    if rating := _read_pictures(core):
        return rating
    while core and (_is_picture(core[-1])):
        # "good 👍": the word counts.
        core = core[:-1].rstrip(_END)
    if match := _NUMBER.fullmatch(core):
        return _SCALE[int(match[1])]
    return _table().get(core) if len(core) <= _LONGEST_WORDS else None


def _read_pictures(text: str) -> Rating | None:
    """Of stars their number; of faces what all of them say."""
    plain = [
        char for char in text if unicodedata.category(char) not in ("Cf", "Mn", "Sk") and not char.isspace()
    ]
    stars = [char for char in plain if char in _STARS]
    if stars and len(stars) == len(plain):
        full = sum(char != "☆" for char in stars)
        return _SCALE.get(full) if len(stars) <= _MOST_STARS else None
    said = {next((rating for rating, faces in _FACES.items() if char in faces), None) for char in plain}
    return said.pop() if len(said) == 1 else None


def _is_picture(character: str) -> bool:
    return unicodedata.category(character) in ("So", "Sk", "Cf", "Mn")


@cache
def _table() -> dict[str, Rating]:
    return {
        word.strip().casefold(): rating
        for rating, words in _WORDS.items()
        for line in words.strip().split("\n")
        for word in line.split("|")
    }
