"""Bytes to text: the character sets that mail may name, and repair where it is certain.

Only character sets on a list are used. Python's registry also holds codecs that are no character
sets (`hex`, `idna`, `undefined`) or that make control sequences out of plain text
(`unicode_escape`), and a mail could name any of them.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

# Labels are compared lower-case without "-", "_", " ", ".", ":" (so "ISO 8859-1" is "iso88591").
# As on the web (WHATWG Encoding), a label stands for the widest set that people mean by it.
_NAMES: Final = {
    "utf-8": "utf8 utf8mb4 utf8mb3 unicode11utf8 unicode20utf8 utf xutf8",
    "utf-16": "utf16 unicode ucs2 iso10646ucs2 csunicode",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be",
    "utf-32": "utf32 ucs4 utf32le utf32be",
    "utf-7": "utf7 unicode11utf7 csutf7 xutf7",
    "cp1252": (
        "cp1252 windows1252 xcp1252 iso88591 88591 latin1 l1 isoir100 iso885911987 ibm819 cp819 csisolatin1"
        " ansi iso8859 8859 ansix341968 westerneuropean ansi1252"
    ),
    "ascii": "usascii ascii us 7bit iso646us ansix341986 asciius csascii ibm367 cp367",
    "iso8859_2": "iso88592 latin2 l2 isoir101 88592",
    "iso8859_3": "iso88593 latin3 l3",
    "iso8859_4": "iso88594 latin4 l4",
    "iso8859_5": "iso88595 cyrillic isoir144",
    "iso8859_6": "iso88596 arabic asmo708 iso88596i iso88596e",
    "iso8859_7": "iso88597 greek greek8 elot928 ecma118",
    "iso8859_8": "iso88598 hebrew iso88598i iso88598e logical",
    "cp1254": "cp1254 windows1254 iso88599 latin5 l5 turkish",
    "iso8859_10": "iso885910 latin6 l6",
    "cp874": "cp874 windows874 dos874 tis620 iso885911 thai",
    "iso8859_13": "iso885913 latin7",
    "iso8859_14": "iso885914 latin8",
    "iso8859_15": "iso885915 latin9 latin0 csisolatin9",
    "iso8859_16": "iso885916 latin10",
    "cp1250": "cp1250 windows1250 xcp1250",
    "cp1251": "cp1251 windows1251 xcp1251 win1251",
    "cp1253": "cp1253 windows1253",
    "cp1255": "cp1255 windows1255",
    "cp1256": "cp1256 windows1256",
    "cp1257": "cp1257 windows1257",
    "cp1258": "cp1258 windows1258",
    "koi8_r": "koi8r koi8 koi xkoi8r",
    "koi8_u": "koi8u koi8ru",
    "cp437": "cp437 ibm437 437",
    "cp850": "cp850 ibm850 850",
    "cp852": "cp852 ibm852",
    "cp855": "cp855 ibm855",
    "cp857": "cp857 ibm857",
    "cp858": "cp858 ibm858",
    "cp862": "cp862 ibm862 dos862",
    "cp866": "cp866 ibm866 866",
    "mac_roman": "macintosh macroman xmacroman mac",
    "mac_cyrillic": "maccyrillic xmaccyrillic xmacukrainian",
    "mac_latin2": "maclatin2 maccentraleurope xmacce",
    "gb18030": "gb18030 gbk gb2312 xgbk gb231280 cp936 ms936 windows936 chinese euccn csgb2312 gb isoir58",
    "hz": "hz hzgb hzgb2312",
    "big5hkscs": "big5 big5hkscs cnbig5 xxbig5 csbig5 big5eten",
    "cp950": "cp950 ms950",
    "cp932": "cp932 shiftjis sjis mskanji csshiftjis xsjis windows31j ms932 shiftjisx0213",
    "euc_jp": "eucjp xeucjp cseucpkdfmtjapanese ujis",
    "iso2022_jp_ext": "iso2022jp csiso2022jp iso2022jp1 iso2022jp2 iso2022jp3 iso2022jpext cp50220 jis",
    "cp949": "cp949 euckr ksc56011987 ksc5601 ksc56011989 korean uhc windows949 cseuckr isoir149 ms949",
    "iso2022_kr": "iso2022kr csiso2022kr",
    "johab": "johab cp1361",
    "ptcp154": "ptcp154 cp154 kz1048",
}
_CODECS: Final = {label: codec for codec, labels in _NAMES.items() for label in labels.split()}
_PUNCTUATION: Final = str.maketrans("", "", "-_ .:\"'")
_LONGEST_LABEL: Final = 40

# Sets that any bytes decode in: text that is valid UTF-8 is UTF-8 whatever they say.
_WESTERN: Final = frozenset({"ascii", "cp1252", "iso8859_15", "cp1254", ""})
_TRIED: Final = 4096  # bytes that a guess looks at


def codec_named(label: str) -> str:
    """The Python codec of a charset label; "" when mail may not name it."""
    if len(label) > _LONGEST_LABEL:
        return ""
    return _CODECS.get(label.partition("*")[0].lower().translate(_PUNCTUATION), "")


def decode(data: bytes, label: str = "", *, hint: str = "") -> tuple[str, str]:
    """The text of `data` and the problem met ("" when none, else a word of PROBLEMS).

    `label` is what the mail says of these bytes ("" when nothing), `hint` what it says elsewhere.
    Lone surrogates never come out.
    """
    marked = _by_mark(data)
    if marked is not None:
        return marked, ""
    codec = codec_named(label)
    problem = "unknown-charset" if label and not codec else ""
    if data.isascii() and codec in {"utf-8", *_WESTERN}:
        if b"\x1b$" in data:
            return _strictly(data, "iso2022_jp_ext") or data.decode("ascii"), problem
        return data.decode("ascii"), problem
    text, repaired = _decode_as(data, codec, codec_named(hint))
    if repaired and (codec or repaired == "undecodable"):
        problem = problem or repaired
    return _without_surrogates(text), problem


def _by_mark(data: bytes) -> str | None:
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return None


def _decode_as(data: bytes, codec: str, hint: str) -> tuple[str, str]:
    """(text, problem) for bytes that are not plain ASCII in an ASCII set."""
    named = codec not in {"", "ascii"}
    as_utf8 = _strictly(data, "utf-8")
    if as_utf8 is not None and codec != "utf-8" and not data.isascii() and _is_surely_utf8(as_utf8, codec):
        return as_utf8, "charset-repaired" if codec else ""
    text = _strictly(data, codec) if named else None
    if text is not None:
        return text, ""
    # Damaged here and there, or cut in the middle of a letter, it is still the set that it mostly is.
    for mostly in (codec, "utf-8"):
        if mostly not in {"", "ascii"} and (mostly == codec or not named) and _mostly(data, mostly):
            return data.decode(mostly, "replace"), "undecodable"
    for other in (hint, guess(data), "cp1252"):
        text = _strictly(data, other) if other not in {"", codec, "ascii", "utf-8"} else None
        if text is not None:
            return text, "charset-repaired"
    # A few bytes have no letter in Windows-1252; ISO 8859-1 has something for each.
    return data.decode("latin-1"), "undecodable"


def _is_surely_utf8(text: str, codec: str) -> bool:
    """Whether text that is valid UTF-8 is UTF-8 although it is said to be in `codec`.

    Text in another set does not happen to be valid UTF-8: each of its letters would need the very
    partner that UTF-8 asks for. For one or two letters only a Western set is overruled.
    """
    return codec in _WESTERN or sum(char > "\x7f" for char in text) >= _CERTAIN


def _mostly(data: bytes, codec: str) -> bool:
    """Whether `data` is text in that multi-byte set but for a damaged place here and there."""
    if codec in {"", "ascii"}:
        return False
    text = data[:_TRIED].decode(codec, "replace")
    bad = text.count("\ufffd")
    return bad * 4 <= sum(char > "\x7f" for char in text) - bad


_CERTAIN: Final = 3

# What tells a language in a set: the characters that make up much of any text in it, and the share
# of all non-ASCII characters that they must reach. (Frequency lists: the first few dozen of each.)
_COMMON: Final = {
    "cp1251": ("оеаинтсрвлкмдпу", 0.60),
    "koi8_r": ("оеаинтсрвлкмдпу", 0.60),
    "gb18030": (
        "的一是不了在有人我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于下自之年发请您好,。",
        0.18,
    ),
    "big5hkscs": (
        "的一是不了在有人我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於下自之年發請您好",
        0.18,
    ),
    "cp932": ("のにはをたがでてとしれさいるなまするこりかくもおあきよそうっ、。ますンーイスト", 0.40),
    "euc_jp": ("のにはをたがでてとしれさいるなまするこりかくもおあきよそうっ、。ますンーイスト", 0.40),
    "cp949": ("이다는에의가을로하지고기은를도사시서한자어나리해대인정니수보전요습", 0.30),
}


_ONE_BYTE: Final = frozenset({"cp1251", "koi8_r"})
_MIXED: Final = 5


def guess(data: bytes) -> str:
    """The codec of undeclared text when its own letters prove it, else ""."""
    sample = data[:_TRIED]
    if not re.search(rb"[\x80-\xff]{2}", sample):
        return ""
    # In words of two scripts the high bytes are the accents of a Western one.
    mixed = len(re.findall(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]", sample))
    is_western = mixed * _MIXED > len(re.findall(rb"[\x80-\xff]", sample))
    best, best_share = "", 0.0
    for codec, (_, least) in _COMMON.items():
        if is_western and codec in _ONE_BYTE:
            continue
        text = sample.decode(codec, "ignore")
        letters = [char for char in text if char > "\x7f"]
        # What is dropped while decoding counts against it, and so does a short sample.
        if len(letters) < 2 * _CERTAIN or _strictly(data, codec) is None:
            continue
        share = sum(char.lower() in _common(codec) for char in letters) / len(letters)
        if share >= least and share > best_share:
            best, best_share = codec, share
    return best


@cache
def _common(codec: str) -> frozenset[str]:
    return frozenset(_COMMON[codec][0])


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _without_surrogates(text: str) -> str:
    """UTF-7 and UTF-16 can spell half a character; it becomes the replacement character."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
