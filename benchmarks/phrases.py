"""What customers of a small shop for network devices write, in the languages they write in.

Every sentence may hold `{thing}`, `{place}`, `{n}` and `{code}`; the generator fills them in.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DOMAINS", "LANGUAGES", "NAMES", "PLACES", "THINGS", "Language"]


@dataclass(frozen=True, slots=True)
class Language:
    """One language's texts; `charset` is what its older mail programs still send."""

    code: str
    weight: int
    charset: str
    greetings: tuple[str, ...]
    closings: tuple[str, ...]
    subjects: tuple[str, ...]
    sentences: tuple[str, ...]
    wrote: str  # introduces quoted text: {date}, {name}


ENGLISH = Language(
    code="en",
    weight=60,
    charset="iso-8859-1",
    greetings=("Hello,", "Hi there,", "Dear support team,", "Good morning,"),
    closings=("Kind regards", "Best wishes", "Thanks in advance", "Cheers"),
    subjects=(
        "{thing} loses connection",
        "Question about order {n}",
        "Cannot log in since the update",
        "Refund for {code}",
        "Invoice {n} is wrong",
        "How do I reset the {thing}?",
        "URGENT: {thing} offline in {place}",
        "Warranty for {thing}",
    ),
    sentences=(
        "The {thing} we bought in {place} restarts every {n} minutes and nobody can work.",
        "I followed the manual step by step, but after step {n} the light stays red.",
        "Our order number is {code}, it was delivered to {place} last week.",
        "Could you please tell me whether the {thing} still has warranty?",
        "Yesterday it worked again for a few hours, then the same error {code} came back.",
        "My colleague in {place} has exactly the same problem with a second {thing}.",
        "I have already changed the cable, the power supply and the port.",
        "The invoice says {n} pieces, we only ordered one.",
        "We need a working replacement before Friday, otherwise the shop in {place} stays closed.",
        "The serial number printed below the {thing} is {code}.",
        "Is there a way to do this without losing the configuration?",
        "In the log there is a line that says error {n} while reading {code}.",
        "If it helps I can give you remote access, just let me know when.",
        "Please also update our delivery address, we moved to {place}.",
        "The web interface shows a blank page in two different browsers.",
        "It would be enough to know which firmware version you recommend for the {thing}.",
    ),
    wrote="On {date}, {name} wrote:",
)

GERMAN = Language(
    code="de",
    weight=14,
    charset="iso-8859-15",
    greetings=("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,"),
    closings=("Mit freundlichen Grüßen", "Viele Grüße", "Danke im Voraus"),
    subjects=(
        "Frage zur Rechnung {n}",
        "{thing} fällt ständig aus",
        "Rückerstattung für Bestellung {code}",
        "Störung in {place}",
    ),
    sentences=(
        "seit dem letzten Update startet der {thing} in {place} alle {n} Minuten neu.",
        "Die Bestellnummer lautet {code}, geliefert wurde vor zwei Wochen.",
        "Könnten Sie bitte prüfen, ob für das Gerät noch Garantie besteht?",
        "Auf der Rechnung stehen {n} Stück, wir haben aber nur eins bestellt.",
        "Im Protokoll steht immer wieder der Fehler {code}, danach geht nichts mehr.",
        "Kabel, Netzteil und Anschluss habe ich schon getauscht, leider ohne Erfolg.",
        "Wir brauchen bis Freitag Ersatz, sonst bleibt die Filiale in {place} geschlossen.",
        "Bitte ändern Sie außerdem unsere Lieferadresse, wir sind nach {place} umgezogen.",
        "Über eine kurze Rückmeldung würde ich mich freuen.",
    ),
    wrote="Am {date} schrieb {name}:",
)

FRENCH = Language(
    code="fr",
    weight=9,
    charset="iso-8859-1",
    greetings=("Bonjour,", "Madame, Monsieur,"),
    closings=("Cordialement", "Bien à vous", "Merci d'avance"),
    subjects=("Problème avec {thing}", "Facture {n} erronée", "Remboursement {code}"),
    sentences=(
        "Depuis la mise à jour, le {thing} installé à {place} redémarre toutes les {n} minutes.",
        "Notre numéro de commande est {code}, la livraison date de la semaine dernière.",
        "Pourriez-vous vérifier si l'appareil est encore sous garantie ?",
        "La facture indique {n} pièces alors que nous n'en avons commandé qu'une.",
        "J'ai déjà changé le câble et l'alimentation, sans résultat.",
        "L'erreur {code} revient sans arrêt dans le journal.",
        "Nous avons déménagé à {place}, merci de corriger l'adresse de livraison.",
    ),
    wrote="Le {date}, {name} a écrit :",
)

SPANISH = Language(
    code="es",
    weight=7,
    charset="iso-8859-1",
    greetings=("Hola:", "Buenos días:", "Estimados señores:"),
    closings=("Un saludo", "Saludos cordiales", "Gracias de antemano"),
    subjects=("Problema con el {thing}", "Factura {n} incorrecta", "Devolución {code}"),
    sentences=(
        "Desde la última actualización el {thing} de {place} se reinicia cada {n} minutos.",
        "El número de pedido es {code} y llegó la semana pasada.",
        "¿Podrían decirme si el equipo todavía está en garantía?",
        "En la factura aparecen {n} unidades, pero solo pedimos una.",
        "Ya he cambiado el cable y la fuente de alimentación, sin éxito.",
        "En el registro aparece una y otra vez el error {code}.",
        "Necesitamos un reemplazo antes del viernes para la tienda de {place}.",
    ),
    wrote="El {date}, {name} escribió:",
)

POLISH = Language(
    code="pl",
    weight=4,
    charset="iso-8859-2",
    greetings=("Dzień dobry,", "Witam,"),
    closings=("Pozdrawiam", "Z poważaniem", "Z góry dziękuję"),
    subjects=("Problem z urządzeniem {thing}", "Błędna faktura {n}", "Zwrot {code}"),
    sentences=(
        "Od ostatniej aktualizacji {thing} w {place} uruchamia się ponownie co {n} minut.",
        "Numer zamówienia to {code}, dostawa była w zeszłym tygodniu.",
        "Czy mogą Państwo sprawdzić, czy urządzenie jest jeszcze na gwarancji?",
        "Na fakturze jest {n} sztuk, a zamówiliśmy tylko jedną.",
        "Wymieniłem już kabel i zasilacz, niestety bez skutku.",
        "W dzienniku ciągle pojawia się błąd {code}.",
    ),
    wrote="W dniu {date} {name} napisał(a):",
)

RUSSIAN = Language(
    code="ru",
    weight=3,
    charset="koi8-r",
    greetings=("Здравствуйте!", "Добрый день!"),
    closings=("С уважением", "Спасибо заранее"),
    subjects=("Проблема с {thing}", "Ошибка в счёте {n}", "Возврат {code}"),
    sentences=(
        "После обновления {thing} в {place} перезагружается каждые {n} минут.",
        "Номер заказа {code}, доставка была на прошлой неделе.",
        "Подскажите, пожалуйста, действует ли ещё гарантия?",
        "В счёте указано {n} штук, а мы заказывали одну.",
        "Кабель и блок питания уже заменили, не помогло.",
        "В журнале постоянно появляется ошибка {code}.",
    ),
    wrote="{date}, {name} пишет:",
)

JAPANESE = Language(
    code="ja",
    weight=3,
    charset="iso-2022-jp",
    greetings=("お世話になっております。", "サポートご担当者様"),
    closings=("よろしくお願いいたします。", "以上、よろしくお願いします。"),
    subjects=("{thing} の不具合について", "請求書 {n} の件", "返金のお願い {code}"),
    sentences=(
        "先日の更新のあと、{place} の {thing} が {n} 分ごとに再起動します。",
        "注文番号は {code} で、先週届きました。",
        "保証期間内かどうか教えていただけますか。",
        "請求書には {n} 個とありますが、注文したのは一個です。",
        "ケーブルと電源はすでに交換しましたが、直りません。",
        "ログにはエラー {code} が繰り返し出ています。",
    ),
    wrote="{date}、{name} のメール:",
)

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH, POLISH, RUSSIAN, JAPANESE)

THINGS = (
    "router",
    "switch",
    "access point",
    "repeater",
    "modem",
    "firewall",
    "printer",
    "scanner",
    "label printer",
    "camera",
    "thermostat",
    "gateway",
    "controller",
    "tablet",
    "docking station",
    "card reader",
)

PLACES = (
    "Aachen",
    "Bergen",
    "Bilbao",
    "Brno",
    "Cork",
    "Dresden",
    "Gdynia",
    "Ghent",
    "Graz",
    "Grenoble",
    "Kyoto",
    "Leeds",
    "Lyon",
    "Malmo",
    "Porto",
    "Sapporo",
    "Toledo",
    "Turin",
    "Utrecht",
    "Zagreb",
)

NAMES = (
    "Anna Berg",
    "Bram de Vries",
    "Chloé Martin",
    "Dmitri Orlov",
    "Elena Ruiz",
    "Finn O'Hara",
    "Grażyna Zając",
    "Haruka Sato",
    "Ines Müller",
    "Jonas Lind",
    "Kim Doyle",
    "Lars Østergaard",
    "María Peña",
    "Noor Haddad",
    "Owen Price",
    "Paula Santos",
    "Quentin Roux",
    "Rosa Bianchi",
    "Søren Holm",
    "Tamara Novak",
    "Ulrich Groß",
    "Vera Kuznetsova",
    "Wojciech Mazur",
    "Yuki Tanaka",
)

DOMAINS = ("example.com", "mail.example.org", "example.net", "shop.example.com", "office.example.org")
