"""How people say thanks, greet and part: the table `thanks` reads messages by."""

from __future__ import annotations

# What may stand in such a message, case-folded and without punctuation; "=" marks what is thanks by
# itself. Everything in the message must be one of these, a greeting or a name: one word too many
# ("but", "also", "another") and a person reads it.
PHRASES = """
=thanks|=thank you|=thank u|=thx|=thnx|=tnx|=ty|=tysm|=cheers|=much appreciated|=appreciated
=i appreciate it|=i really appreciate it|=thank you all|=thanks all|=thanks everyone|=thanks a lot
=thanks a million|=thanks a bunch|=many thanks|=thanks so much|=thank you so much|=thanks very much
=thank you very much|=a thousand thanks|=great job|so much|very much|a lot|again|once again|indeed
for your help|for the help|for all your help|for helping|for helping me|for helping us|for your support
for the support|for your quick help|for the quick help|for your quick response|for the quick response
for the quick reply|for your quick reply|for your prompt reply|for your prompt response
for the prompt reply|for the prompt response|for the fast reply|for the fast response|for your assistance
for the assistance|for your time|for your patience|for the info|for the information|for letting me know
for letting us know|for getting back to me|for the update|for your reply|for your answer|for the reply
for the answer|for the clarification|for clarifying|for fixing it|for fixing this|for the fix
for sorting this out|for sorting it out|for resolving this|for everything|that helped|that did it
that did the trick|that worked|that works|that was it|this helped|this worked|this works|it works
it worked|it works now|works now|works fine now|it is working now|its working now|it's working now
all good|all good now|all is good|all sorted|works perfectly|works like a charm|works great|working now
problem solved|issue solved|issue resolved|solved|resolved|perfect|great|excellent|awesome|wonderful
brilliant|fantastic|super|amazing|lovely|ok|okay|got it|understood|noted|have a nice day|have a great day
have a good day|have a nice weekend|have a great weekend|have a good one|you can close this
you can close the ticket|you can close this ticket|please close this ticket|please close the ticket
this can be closed|the ticket can be closed|best|regards|best regards|kind regards|best wishes|very
kindly|to you too|you are the best|you're the best|you rock|and|to you|to you all|to the team|much|=danke
=danke schön|=dankeschön|=danke dir|=danke ihnen|=danke euch|=vielen dank|=vielen lieben dank
=besten dank|=herzlichen dank|=tausend dank|=danke sehr|=danke vielmals|=merci vielmals|=ich danke ihnen
=wir danken ihnen|sehr|=ganz herzlichen dank|nochmals|noch einmal|nochmal|für die schnelle hilfe
für ihre hilfe|für deine hilfe|für eure hilfe|für die hilfe|für die rasche hilfe|für ihre schnelle hilfe
für die unterstützung|für ihre unterstützung|für die info|für die information|für die schnelle antwort
für die rasche antwort|für ihre antwort|für die antwort|für deine antwort|für ihre schnelle antwort
für die rückmeldung|für ihre rückmeldung|für die schnelle rückmeldung|für ihre mühe|für die mühe
für ihre bemühungen|für alles|das hat geholfen|hat geholfen|das hat geklappt|hat geklappt|es klappt
es funktioniert|funktioniert|jetzt funktioniert es|es funktioniert jetzt|jetzt geht es|jetzt geht's
geht jetzt|es geht wieder|es klappt jetzt|jetzt klappt es|alles bestens|alles gut|alles klar|bestens
prima|toll|klasse|perfekt|wunderbar|super gelöst|problem gelöst|erledigt|hat sich erledigt|passt|passt so
das war's|das war es|und|schönen tag|schönen tag noch|einen schönen tag|schönes wochenende
einen schönen tag noch|viele grüße|beste grüße|liebe grüße|lg|vg|mfg|mit freundlichen grüßen
mit freundlichen grüssen|freundliche grüße|gruß|grüße|viele grüsse|=merci|=merci beaucoup|=merci bien
=un grand merci|=mille mercis|=merci à vous|=merci à toi|=merci infiniment|=je vous remercie
encore|pour votre aide|pour ton aide|pour l'aide|pour votre réponse
pour votre réponse rapide|pour la réponse|pour votre retour|pour votre retour rapide|pour ce retour
pour tout|pour votre réactivité|pour l'information|pour l'info|ça marche|cela fonctionne|ça fonctionne
tout fonctionne|c'est parfait|parfait|super merci|c'est bon|c'est réglé|problème résolu|bonne journée
bon week-end|bonne soirée|cordialement|bien cordialement|bien à vous|et|génial|très bien|=gracias
=muchas gracias|=mil gracias|=muchísimas gracias|=gracias a ti|=gracias a usted|=se lo agradezco|otra vez
de nuevo|nuevamente|por su ayuda|por tu ayuda|por la ayuda|por su respuesta|por tu respuesta
por la respuesta|por su rápida respuesta|por la información|por todo|ya funciona|funciona|ahora funciona
todo bien|todo perfecto|perfecto|genial|excelente|estupendo|solucionado|resuelto|saludos|un saludo
buen día|que tenga un buen día|y|=grazie|=grazie mille|=mille grazie|=molte grazie|=tante grazie
=vi ringrazio|=la ringrazio|=grazie infinite|ancora|di nuovo|per l'aiuto|per il supporto|per il tuo aiuto
per il vostro aiuto|per la risposta|per la rapida risposta|per la disponibilità|per l'informazione
per tutto|ora funziona|adesso funziona|tutto ok|tutto bene|tutto a posto|perfetto|ottimo|risolto
problema risolto|saluti|cordiali saluti|buona giornata|e|=obrigado|=obrigada|=muito obrigado
=muito obrigada|=obrigadão|=agradeço|=valeu|=brigado|mais uma vez|novamente|pela ajuda|pela sua ajuda
pelo apoio|pela resposta|pela rápida resposta|pelo retorno|pela atenção|por tudo|já funciona
agora funciona|está funcionando|tudo certo|tudo bem|perfeito|ótimo|resolvido|problema resolvido|bom dia
abraços|cumprimentos|atenciosamente|um abraço|obrigado e|=dank je|=dank je wel|=dankjewel|=dank u
=dank u wel|=bedankt|=hartelijk dank|=hartelijk bedankt|=heel erg bedankt|=erg bedankt|=dankuwel
nogmaals|voor de hulp|voor uw hulp|voor je hulp|voor de snelle hulp
voor de snelle reactie|voor uw snelle reactie|voor de reactie|voor het antwoord|voor uw reactie
voor de info|voor de informatie|het werkt|het werkt nu|werkt nu|het werkt weer|opgelost|probleem opgelost
prima|top|geweldig|helemaal goed|fijne dag|fijne dag nog|prettig weekend|groet|groeten
met vriendelijke groet|mvg|en|=dziękuję|=dzięki|=dziękuję bardzo|=bardzo dziękuję|=serdecznie dziękuję
=wielkie dzięki|=dziękujemy|za pomoc|za szybką pomoc|za odpowiedź|za szybką odpowiedź|za informację
jeszcze raz|działa|już działa|teraz działa|super|świetnie|wszystko działa|pozdrawiam|miłego dnia|i|=tack
=tack så mycket|=stort tack|=tusen tack|=många tack|för hjälpen|för din hjälp|för snabb hjälp|för svaret
för snabbt svar|för informationen|igen|det fungerar|det fungerar nu|nu fungerar det|det löste sig|toppen
mvh|hälsningar|vänliga hälsningar|med vänlig hälsning|ha en bra dag|trevlig helg|och|perfekt|=tak
=mange tak|=tusind tak|=tak skal du have|=tak skal i have|for hjælpen|for din hjælp|for jeres hjælp
for svaret|for det hurtige svar|for hurtigt svar|det virker|det virker nu|nu virker det|super|fint|hilsen
venlig hilsen|god dag|med venlig hilsen|fortsat god dag|og|igen|=takk|=tusen takk|=mange takk
=takk skal du ha|for hjelpen|for hjelp|for svar|for raskt svar|det fungerer|det fungerer nå
nå fungerer det|det virker nå|flott|med vennlig hilsen|vennlig hilsen|ha en fin dag|=kiitos|=kiitoksia
=paljon kiitoksia|=kiitos paljon|=suuri kiitos|=suurkiitos|avusta|nopeasta avusta|vastauksesta
nopeasta vastauksesta|toimii|nyt toimii|hyvä|hienoa|terveisin|ystävällisin terveisin|hyvää päivänjatkoa
ja|=děkuji|=děkuju|=díky|=moc děkuji|=mockrát děkuji|=děkuji mnohokrát|=děkujeme|=velice děkuji|za pomoc
za odpověď|za rychlou odpověď|za rychlou pomoc|ještě jednou|funguje|už funguje|teď to funguje|super
výborně|s pozdravem|hezký den|a|=ďakujem|=ďakujem veľmi pekne|=ďakujeme|=vďaka|už to funguje|pekný deň
za rýchlu odpoveď|=köszönöm|=köszönöm szépen|=nagyon köszönöm|=köszi|=köszönjük|=köszönöm a segítséget
=köszönöm a gyors választ|működik|már működik|üdvözlettel|szép napot|=mulțumesc|=mulțumesc mult
=mulţumesc|=mersi|=vă mulțumesc|pentru ajutor|pentru răspuns|funcționează|acum merge|o zi bună|cu stimă
=спасибо|=большое спасибо|=спасибо большое|=огромное спасибо|=спасибо огромное|=благодарю|=благодарю вас
за помощь|за ответ|за быстрый ответ|за оперативность|за информацию|еще раз|ещё раз|всё работает
все работает|работает|теперь работает|помогло|всё получилось|отлично|супер|с уважением|хорошего дня|вам
вам большое|и|=дякую|=щиро дякую|=дуже дякую|=велике дякую|=дякуємо|за допомогу|за відповідь
за швидку відповідь|ще раз|все працює|працює|чудово|гарного дня|з повагою|=teşekkürler|=teşekkür ederim
=çok teşekkürler|=çok teşekkür ederim|=teşekkür ederiz|=sağ olun|=sağolun|=sağol|yardımınız için
yardım için|cevabınız için|çalışıyor|şimdi çalışıyor|harika|iyi günler|iyi çalışmalar|saygılarımla
=ευχαριστώ|=ευχαριστώ πολύ|=σας ευχαριστώ|=σας ευχαριστώ πολύ|=ευχαριστούμε|για τη βοήθεια
για τη βοήθειά σας|για την απάντηση|λειτουργεί|τέλεια|καλή σας μέρα|=תודה|=תודה רבה|=המון תודה|על העזרה
עובד|מעולה|יום טוב|בברכה|=شكرا|=شكرًا|=شكراً|=شكرا جزيلا|=شكرًا جزيلاً|=شكرا لك|=شكرا لكم|على المساعدة
على الرد|جزيلا|لكم|لك|=cảm ơn|=cám ơn|=cảm ơn bạn|=cảm ơn nhiều|=cảm ơn rất nhiều|=xin cảm ơn|đã giúp đỡ
nhiều|=terima kasih|=terima kasih banyak|=makasih|atas bantuannya|atas bantuan anda|=hvala|=hvala lijepa
=hvala lepa|=puno hvala|=hvala vam|na pomoći|na pomoči|za pomoč|radi|deluje|lijep pozdrav|lep pozdrav
=благодаря|=благодаря ви|=много благодаря|за помощта|работи|поздрави|=aitäh|=tänan|=suur tänu|=ačiū
=labai ačiū|=dėkoju|=paldies|=liels paldies|=gràcies|=moltes gràcies
"""
# Scripts without spaces: such a phrase may follow another one directly.
UNSPACED = """
=ありがとう|=ありがとうございます|=ありがとうございました|=どうもありがとうございました
=誠にありがとうございました|=誠にありがとうございます|=感謝いたします|=感謝します|=助かりました|どうも
大変|本当に|ご対応|ご対応いただき|ご返信|早速のご対応|解決しました|解決いたしました|承知しました
承知いたしました|了解です|了解しました|よろしくお願いします|よろしくお願いいたします|ご連絡|いただき
迅速なご対応|無事|動きました|お世話になっております|=谢谢|=谢谢你|=谢谢您|=多谢|=非常感谢|=十分感谢|=感谢
=感谢您的帮助|=谢谢您的帮助|=謝謝|=謝謝您|=非常感謝|=感謝您的幫助|=多謝|您的帮助|您的回复|你的帮助
问题解决了|问题已解决|已解决|已经解决了|解决了|可以了|好的|收到|祝好|你好|您好|問題已解決|=감사합니다
=고맙습니다|=감사드립니다|=정말 감사합니다|=대단히 감사합니다|도움|도와주셔서|답변|빠른 답변
해결되었습니다|해결됐습니다|잘 됩니다|안녕하세요|수고하세요|좋은 하루 되세요|네|알겠습니다|=ขอบคุณ
=ขอบคุณครับ|=ขอบคุณค่ะ|=ขอบคุณมาก|=ขอบคุณมากครับ|=ขอบคุณมากค่ะ|สำหรับความช่วยเหลือ|ใช้ได้แล้ว|=धन्यवाद
=बहुत धन्यवाद|=बहुत बहुत धन्यवाद|=शुक्रिया
"""
GREETINGS = """
hi|hello|hey|dear|good morning|good afternoon|hallo|guten tag|guten morgen|moin|servus|liebe|lieber
liebes|sehr geehrte|sehr geehrter|bonjour|bonsoir|salut|cher|chère|hola|buenos días|buenas tardes|buenas
estimado|estimada|estimados|ciao|buongiorno|salve|gentile|olá|oi|bom dia|boa tarde|caro|cara|prezado
beste|goedemorgen|goedemiddag|dag|hoi|cześć|dzień dobry|witam|hej|hejsan|god morgen|god dag|hei|moi|terve
dobrý den|ahoj|zdravím|dobrý deň|szia|jó napot|kedves|bună|bună ziua|здравствуйте|добрый день|привет
вітаю|добрий день|merhaba|iyi günler|γεια σας|καλημέρα|שלום|היי|مرحبا|السلام عليكم|xin chào|chào|halo
selamat pagi|pozdravljeni|здравейте|tere|labas|sveiki|bon dia
"""
