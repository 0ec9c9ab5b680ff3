"""What to call a person in a greeting: the name they give, and nothing that is made up from an address."""

from __future__ import annotations

import re

# Longer names, and names with an address, a link or figures in them, are no names: mail fills in this field.
_LONGEST = 80
_NO_NAME = re.compile(r"[@/\\<>{}\[\]|=*#%\d]|www\.|\.(?:com|net|org)\b", re.IGNORECASE)
_QUOTES = "\"'`´‘’“”„«»"
_TITLES = """
    mr mrs ms miss mx dr prof professor sir dame herr frau hr fr dipl ing mag med phil m mme mlle sr sra srta
    dott dottssa don doña drs ir pan pani bc mgr
"""
# Words of companies and their departments, before which no first name stands.
_NO_PERSON = """
    gmbh ag kg ohg ug ev inc ltd llc plc co corp corporation company sa sas sarl srl spa bv nv oy ab as aps
    support team service services office info sales billing accounting accounts helpdesk admin administrator
    department dept group customer kundenservice buchhaltung university institute foundation noreply
"""
_WRITTEN_WHOLE = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_SUFFIX = re.compile(r"(?i:jr|sr|ph\.?\s?d|m\.?d|esq|ii|iii|iv|mba|msc|bsc)\.?")


def full_name(name: str) -> str:
    """The name as one says it: `Lovelace, Ada` turned round, quotes taken off; "" where it is no name."""
    name = " ".join(name.split()).strip(_QUOTES + " ,;")
    if not name or len(name) > _LONGEST or _NO_NAME.search(name) or not any(map(str.isalpha, name)):
        return ""
    family, comma, given = (part.strip() for part in name.partition(","))
    if not comma:
        return name
    if "," in given or not family or not given or _SUFFIX.fullmatch(given) or _is_no_person(name):
        return name
    return f"{given} {family}"


def first_name(name: str) -> str:
    """The first name in it; "" where that is uncertain: an initial, a company, a title with a surname."""
    whole = re.sub(r"\([^()]*\)", " ", full_name(name)).strip()
    if not whole or _is_no_person(whole):
        return ""
    whole = whole.partition(",")[0]
    if _WRITTEN_WHOLE.search(whole):
        # The family name comes first and is not left out.
        return whole
    words = whole.split()
    called = [word for word in words if word.rstrip(".").casefold() not in _TITLES.split()]
    if len(called) < len(words) and len(called) < 2:  # noqa: PLR2004 - a title and one name: a surname
        return ""
    if not called or called[0].endswith(".") or len(called[0]) < 2:  # noqa: PLR2004 - an initial
        return ""
    return called[0]


def _is_no_person(name: str) -> bool:
    words = re.findall(r"[^\W\d_]+", name.replace(".", "").casefold())
    return not set(_NO_PERSON.split()).isdisjoint(words)
