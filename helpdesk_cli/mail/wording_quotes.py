"""What mail programs write around quoted and forwarded text, in the languages they speak.

Entries are case-folded and stand between "|". A new language is a few words in each table.
"""

from __future__ import annotations

# The labels of a copied header block, by the field they stand for.
LABELS = {
    "from": """
from|von|de|da|van|od|från|fra|frå|lähettäjä|feladó|de la|expéditeur|remitente|mittente|remetente
afzender|nadawca|absender|от|от кого|від|від кого|відправник|отправитель|kimden|gönderen|από|αποστολέας
מאת|من|المرسل|差出人|送信者|发件人|寄件者|寄件人|發件人|보낸 사람|보낸사람|발신|발신자|từ|người gửi
saatja|no|nuo|dari|จาก|प्रेषक|از|pošiljatelj
""",
    "sent": """
sent|date|sent on|sent at|gesendet|gesendet am|datum|envoyé|envoyé le|date d'envoi|message du|enviado
enviado el|enviado em|enviada|enviada em|enviada el|fecha|data|inviato|inviato il|data invio|verzonden
verzonden op|wysłano|wyslano|wysłane|skickat|sendt|dato|sendt dato|lähetetty|päivämäärä|päiväys|pvm
odesláno|odoslané|dátum|elküldve|küldve|trimis|dată|отправлено|дата|дата отправки|надіслано|відправлено
изпратено|gönderildi|gönderme tarihi|gönderilme tarihi|tarih|στάλθηκε|ημερομηνία|נשלח|תאריך|تاريخ الإرسال
التاريخ|تم الإرسال|أرسلت|送信日時|送信日|日付|日時|发送时间|发送日期|日期|时间|時間|傳送日期|寄件日期
發送日期|發送時間|보낸 날짜|보낸날짜|날짜|보낸 시간|일시|đã gửi|ngày|ngày gửi|gửi|saadetud|kuupäev
nosūtīts|datums|išsiųsta|dikirim|tanggal|ส่ง|วันที่|भेजा गया|दिनांक|ارسال شده|تاریخ|poslano|poslato
enviat
""",
    "to": """
to|an|à|a|pour|para|aan|do|til|till|vastaanottaja|komu|pro|pre|címzett|către|destinataire|destinatario
destinatário|empfänger|кому|до|получатель|одержувач|kime|alıcı|προς|אל|עבור|إلى|宛先|受信者|收件人|收件者
받는 사람|받는사람|수신|수신자|đến|tới|người nhận|kellele|kam|kepada|ke|ถึง|प्रति|به|za|prima|prejemnik
per a|per
""",
    "cc": """
cc|bcc|kopie|copie|copie à|copia|cópia|ccn|cco|kopia|kopi|kopio|dw|udw|do wiadomości|kópia|másolat
másolatot kap|копия|копія|bilgi|κοιν.|κοινοποίηση|עותק|نسخة|抄送|副本|密件抄送|참조|tembusan|kopija|สำเนา
koopia
""",
    "subject": """
subject|betreff|betr|objet|sujet|asunto|oggetto|assunto|onderwerp|temat|ämne|emne|aihe|předmět|predmet
tárgy|subiect|тема|относно|konu|θέμα|נושא|الموضوع|件名|主题|主旨|主題|標題|标题|제목|chủ đề|tiêu đề|teema
temats|tema|perihal|subjek|เรื่อง|विषय|موضوع|zadeva|naslov|assumpte|subject line
""",
    "other": """
reply-to|reply to|importance|priority|attachments|attachment|antwort an|wichtigkeit|priorität|anlage
anlagen|répondre à|pièces jointes|responder a|datos adjuntos|adjuntos|rispondi a|allegati|importanza
importância|anexos|bijlage|bijlagen|antwoord aan|urgentie|załączniki|ważność|prioritet|bilagor
vedhæftede filer|vedlegg|liitteet|přílohy|mellékletek|вложения|важность|ekler|önem|附件|重要性|優先順位
添付ファイル|첨부|message-id|organization|organisation|x-mailer|sender|mailed-by
""",
}

# Between dashes, or followed by the header block: the mail that is answered starts here.
ORIGINAL = """
original message|original-message|original e-mail|original email|original mail|original appointment
reply message|replied message|previous message|ursprüngliche nachricht|originalnachricht
original-nachricht|ursprüngliche e-mail|message d'origine|message original|message initial
message d’origine|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht
oorspronkelijke bericht|origineel bericht|oprindelig meddelelse|oprindelig besked|opprinnelig melding
originalmeddelande|ursprungligt meddelande|alkuperäinen viesti|oryginalna wiadomość|wiadomość oryginalna
původní zpráva|původní e-mail|pôvodná správa|eredeti üzenet|eredeti e-mail|mesaj original
mesajul original|исходное сообщение|оригинальное сообщение|оригінальне повідомлення
початкове повідомлення|оригинално съобщение|özgün ileti|orijinal mesaj|orijinal ileti|original mesaj
αρχικό μήνυμα|הודעה מקורית|ההודעה המקורית|הודעת המקור|الرسالة الأصلية|رسالة أصلية|元のメッセージ
オリジナルメッセージ|原始邮件|原始郵件|原邮件|邮件原件|回复的原邮件|원본 메시지|원본 메일|원본메일
원본 이메일|thư gốc|tin nhắn gốc|izvirno sporočilo|izvorna poruka|originalna poruka|algne kiri
algne sõnum|sākotnējā ziņa|originalus laiškas|pesan asli|missatge original|ข้อความต้นฉบับ|मूल संदेश
پیام اصلی
"""

# The sender passes something on: what follows is what they write about.
FORWARDED = """
forwarded message|forwarded mail|forwarded email|forwarded e-mail|begin forwarded message
begin forwarded e-mail|fwd|start of forwarded message|weitergeleitete nachricht|weitergeleitete e-mail
anfang der weitergeleiteten nachricht|anfang der weitergeleiteten e-mail
beginn der weitergeleiteten nachricht|message transféré|message transmis|message réexpédié
courriel transféré|début du message transféré|début du message réexpédié|mail transféré|mensaje reenviado
inicio del mensaje reenviado|mensaje remitido|messaggio inoltrato|inizio messaggio inoltrato
inizio del messaggio inoltrato|mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada
início da mensagem reencaminhada|doorgestuurd bericht|begin doorgestuurd bericht
begin van doorgestuurd bericht|przekazana wiadomość|wiadomość przekazana dalej
początek przekazywanej wiadomości|treść przekazanej wiadomości|vidarebefordrat meddelande
vidarebefordrat brev|vidarebefordrat mejl|början på vidarebefordrat mejl|början på vidarebefordrat brev
början av vidarebefordrat meddelande|videresendt besked|videresendt meddelelse|videresendt mail
start på videresendt besked|videresendt melding|videresendt e-post|begynnelsen på videresendt melding
start på videresendt melding|välitetty viesti|edelleenlähetetty viesti|välitetty viesti alkaa
přeposlaná zpráva|předaná zpráva|předávaná zpráva|začátek přeposílané zprávy|preposlaná správa
továbbított üzenet|továbbított levél|továbbított e-mail|mesaj redirecționat|mesaj redirecţionat
mesaj înaintat|пересланное сообщение|пересылаемое сообщение|переадресованное сообщение
начало переадресованного сообщения|начало пересылаемого сообщения|переслане повідомлення
перенаправлене повідомлення|препратено съобщение|iletilen mesaj|iletilmiş mesaj|yönlendirilmiş mesaj
yönlendirilen ileti|προωθημένο μήνυμα|הודעה שהועברה|הודעה מועברת|رسالة معاد توجيهها
الرسالة المعاد توجيهها|転送メッセージ|転送されたメッセージ|转发的邮件|转发邮件信息|转发邮件|已转发邮件
轉寄郵件|轉寄的郵件|전달된 메시지|전달된 메일|전달된 이메일|thư đã chuyển tiếp|tin nhắn được chuyển tiếp
thư được chuyển tiếp|proslijeđena poruka|posredovano sporočilo|prosleđena poruka|edastatud kiri
pārsūtīta ziņa|persiųstas laiškas|pesan terusan|pesan yang diteruskan|missatge reenviat
"""

# Subject prefixes of forwarding programs.
FORWARD_PREFIXES = (
    "fw|fwd|wg|tr|rv|enc|doorst|vs|vl|pd|přep|továbbítás|redir|пересл|пер|vb|ilt|προώθ|"
    "הועבר|转发|轉寄|转寄|転送|전달"
)

# The verb of an attribution line: "On DATE, NAME wrote:".
VERBS = """
wrote|writes|written by|schrieb|schreibt|geschrieben|a écrit|écrit|escribió|ha escrito|escribio
ha scritto|scrisse|escreveu|schreef|geschreven|napisał|napisał a|napisała|napisał/a|pisze|skrev
kirjoitti|napsal|napsal a|napsala|napísal|napísal a|napísala|írta|ezt írta|a scris|написал|написал(а)
написала|писал|писал а|пишет|написав|написав(-ла)|написала в|пише|написа|yazdı|şunları yazdı|şunu yazdı
έγραψε|כתב|כתבה|כתב/ה|كتب|كتبت|写道|寫道|님이 작성|작성|쓴 글|のメール|書きました|đã viết|viết|menulis
tulis|kirjutas|rakstīja|rašė|parašė|piše|napisao|napisala|je napisal|je napisala|je napisao/la
va escriure|เขียน|ने लिखा|نوشت|har skrivit|missatge de|เขียนว่า|folgendes geschrieben
"""

# What such a line starts with, where the date does not come first.
STARTS = """
on|am|at|le|el|il|in data|op|em|den|w dniu|dnia|în|pe|på|v|в|на|vào|pada|στις|ในวันที่|في|در تاریخ|在|dne
dňa|il giorno
"""

# "Sent from my phone" and what programs add by themselves, up to the name of device or program.
SENT_FROM = """
sent from my|sent from|sent via|sent with|sent by|get outlook for|get bluemail for|sent using
written on my|typed on my|von meinem|gesendet von|gesendet mit|von unterwegs gesendet
diese nachricht wurde von meinem|enviado desde|enviado del|enviado con|enviado do|enviado via|enviado de
enviado a partir|obtener outlook para|obter o outlook para|envoyé de mon|envoyé depuis|envoyé à partir
envoyé avec|envoyé par|envoyé d'|téléchargez outlook pour|obtenez outlook pour|inviato da|inviato dal
inviato con|ottieni outlook per|scarica outlook per|verzonden vanaf|verstuurd vanaf|verzonden met
verstuurd met|outlook voor|downloaden outlook voor|wysłane z|wysłano z|pobierz outlook dla|skickat från
skickades från|skickat via|hämta outlook för|sendt fra|sendt via|hent outlook til|få outlook til
skaff deg outlook for|lähetetty|hanki outlook|odesláno z|odoslané z|získat outlook pro|iphone-ról küldve
küldve|trimis de pe|trimis din|отправлено с|отправлено из|отправлено через|надіслано з|відправлено з
изпратено от|gönderildi|iphone'umdan gönderildi|στάλθηκε από|απεσταλμένο από|נשלח מה|נשלח מ|أُرسلت من
تم الإرسال من|أرسلت من|iphoneから送信|から送信|发自我的|發自我的|发送自|從我的|나의 iphone에서 보냄
에서 보냄|에서 보낸 메일|được gửi từ|đã gửi từ|gửi từ|dikirim dari|poslano s|poslano iz|poslato sa
saadetud minu|envoyé via|från min
"""

# A line of its own that ends a letter; names and addresses follow, to the end. Thanks are not among
# them: they are something said.
CLOSINGS = """
best regards|kind regards|regards|warm regards|warmest regards|many regards|with regards
with best regards|with kind regards|best wishes|with best wishes|kindest regards|sincerely
yours sincerely|sincerely yours|yours faithfully|yours truly|yours|respectfully|cordially
thanks & regards|thanks and regards|thanks & best regards|thanks and best regards|thanks and kind regards
many thanks and kind regards|thank you and best regards|thank you and kind regards|best|rgds|br|kr
all the best|cheers|mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß
mit freundlichem gruss|freundliche grüße|freundliche grüsse|viele grüße|viele grüsse|beste grüße
beste grüsse|liebe grüße|liebe grüsse|herzliche grüße|herzliche grüsse|schöne grüße|mit besten grüßen
mit besten grüssen|mit herzlichen grüßen|mit lieben grüßen|gruß|gruss|grüße|grüsse|mfg|lg|vg
hochachtungsvoll|mit freundlichen grüßen / kind regards|cordialement|bien cordialement|très cordialement
salutations|salutations distinguées|sincères salutations|meilleures salutations|cordiales salutations
bien à vous|bien à toi|cdlt|cdt|respectueusement|saludos|un saludo|saludos cordiales|muchos saludos
un cordial saludo|atentamente|atte|cordialmente|un abrazo|cordiali saluti|distinti saluti|saluti
un saluto|cari saluti|un cordiale saluto|atenciosamente|cumprimentos|melhores cumprimentos
com os melhores cumprimentos|os melhores cumprimentos|abraços|um abraço|att|saudações
met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|vriendelijke groeten|groet|groeten|mvg
hartelijke groet|hartelijke groeten|hoogachtend|met hartelijke groet|pozdrawiam|pozdrawiam serdecznie
serdecznie pozdrawiam|z poważaniem|z powazaniem|pozdrowienia|z wyrazami szacunku|łączę pozdrowienia
med vänlig hälsning|med vänliga hälsningar|vänlig hälsning|vänliga hälsningar|hälsningar
med venlig hilsen|venlig hilsen|med venlige hilsner|venlige hilsner|de bedste hilsner|bedste hilsner
mange hilsner|hilsen|mvh|kh|vh|med vennlig hilsen|vennlig hilsen|vennlige hilsener|beste hilsen
ystävällisin terveisin|parhain terveisin|terveisin|yst. terv|s pozdravem|s přátelským pozdravem
s přáním pěkného dne|s pozdravom|üdvözlettel|tisztelettel|üdv|cu stimă|cu respect|toate cele bune
с уважением|с наилучшими пожеланиями|всего доброго|з повагою|з найкращими побажаннями|saygılarımla
saygılarımızla|iyi çalışmalar|selamlar|με εκτίμηση|με φιλικούς χαιρετισμούς|φιλικά|בברכה|בכבוד רב
مع تحياتي|مع أطيب التحيات|تحياتي|مع خالص التحية|با احترام|trân trọng|thân ái|hormat kami|salam
salam hormat|поздрави|с поздрави|lijep pozdrav|srdačan pozdrav|s poštovanjem|lep pozdrav|s spoštovanjem
lugupidamisega|parimate soovidega|pagarbiai|ar cieņu|salutacions|atentament|ขอแสดงความนับถือ|此致|祝好
顺颂商祺|敬具
"""

# Legal small print that may follow a signature, however long its lines are.
SMALL_PRINT = """
confidential|intended recipient|intended solely|privileged|disclaimer|vertraulich|bestimmungsgemäß
confidentiel|destinataire|confidencial|destinatario|destinatário|riservat|vertrouwelijk|geadresseerde
poufn|konfidenti|fortrolig|luottamuksel|důvěrn|bizalmas|конфиденциал|конфіденц|gizli|virus|unsubscribe
please consider the environment|before printing|registered office|amtsgericht|handelsregister
geschäftsführ|registergericht|http://|https://|www.
"""
