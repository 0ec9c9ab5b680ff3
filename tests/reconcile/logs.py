"""Lines as mail servers write them. Those of Exim and procmail were taken from the programs themselves."""
# ruff: noqa: E501 - a line of a log is as long as it is

from __future__ import annotations

POSTFIX = """\
Nov 20 09:12:40 mx postfix/smtpd[811]: connect from mail.customer.example[192.0.2.7]
Nov 20 09:12:40 mx postfix/smtpd[811]: {queue}: client=mail.customer.example[192.0.2.7]
Nov 20 09:12:41 mx postfix/cleanup[815]: {queue}: message-id=<{id}>
Nov 20 09:12:41 mx postfix/qmgr[700]: {queue}: from=<ada@customer.example>, size=1778, nrcpt=1 (queue active)
Nov 20 09:12:41 mx postfix/smtpd[811]: disconnect from mail.customer.example[192.0.2.7] ehlo=1 quit=1 commands=2
"""
POSTFIX_PIPE = """\
Nov 20 09:12:42 mx postfix/pipe[820]: {queue}: to=<support@desk-support.invalid>, orig_to=<support@example.com>, \
relay=desk-support, delay=0.61, delays=0.2/0.01/0/0.4, dsn=2.0.0, status=sent (delivered via desk-support service)
Nov 20 09:12:42 mx postfix/qmgr[700]: {queue}: removed
"""
POSTFIX_ALIAS = """\
2026-11-20T09:12:42.113001+01:00 mx postfix/local[820]: {queue}: to=<helpdesk@mx.example.org>, \
relay=local, delay=0.61, delays=0.2/0.01/0/0.4, dsn=2.0.0, status=sent (delivered to command: /bin/sh -c \
'/usr/local/bin/desk-ingest-support >/dev/null 2>&1 || exit 75')
"""
POSTFIX_FILTER = """\
Nov 20 09:12:42 mx postfix/smtp[821]: {queue}: to=<support@example.com>, relay=127.0.0.1[127.0.0.1]:10024, \
delay=0.6, delays=0.2/0/0.1/0.3, dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: \
queued as 4FFFFFFFFF)
"""
POSTFIX_DEFERRED = """\
Nov 20 09:12:42 mx postfix/pipe[820]: {queue}: to=<support@desk-support.invalid>, orig_to=<support@example.com>, \
relay=desk-support, delay=0.61, delays=0.2/0.01/0/0.4, dsn=4.3.0, status=deferred (temporary failure)
"""
POSTFIX_BOUNCED = """\
Nov 20 09:12:42 mx postfix/pipe[820]: {queue}: to=<support@desk-support.invalid>, orig_to=<support@example.com>, \
relay=desk-support, delay=0.61, delays=0.2/0.01/0/0.4, dsn=5.3.0, status=bounced (Command died with status 1)
"""
ELSEWHERE = """\
Nov 20 09:12:42 mx postfix/smtp[821]: {queue}: to=<kim@other.example>, relay=mx.other.example[192.0.2.9]:25, \
delay=0.6, delays=0.2/0/0.1/0.3, dsn=2.0.0, status=sent (250 2.0.0 Ok: to=<support@example.com>, status=sent)
"""
EXIM = """\
2026-11-22 02:26:45 {queue} <= ada@customer.example H=mail.customer.example [192.0.2.7] P=esmtps \
X=TLS1.3:ECDHE_RSA_AES_256_GCM_SHA384:256 CV=no S=295 id={id} T="Hello id=wrong@x"
2026-11-22 02:26:45 {queue} => support <support@example.com> R=desk_desk T=desk_desk
2026-11-22 02:26:45 {queue} Completed
"""
EXIM_DEFERRED = """\
2026-11-22 02:26:45 {queue} <= ada@customer.example H=mail.customer.example [192.0.2.7] P=esmtps S=295 id={id}
2026-11-22 02:26:45 {queue} == support@example.com R=desk_desk T=desk_desk defer (0): Child process of desk_desk \
transport returned 75 (could mean temporary error) from command: /bin/sh
"""
SENDMAIL = """\
Nov 20 09:12:41 mx sm-mta[904]: {queue}: from=<ada@customer.example>, size=1778, class=0, nrcpts=1, \
msgid=<{id}>, proto=ESMTP, daemon=MTA-v4, relay=mail.customer.example [192.0.2.7]
Nov 20 09:12:42 mx sm-mta[905]: {queue}: to="|/usr/local/bin/desk-ingest-support", ctladdr=<support@example.com> \
(8/0), delay=00:00:01, xdelay=00:00:01, mailer=prog, pri=32010, dsn=2.0.0, stat=Sent
"""
SENDMAIL_LOCAL = """\
Nov 20 09:12:41 mx sendmail[904]: {queue}: from=<ada@customer.example>, size=1778, class=0, nrcpts=1, \
msgid=<{id}>, relay=mail.customer.example [192.0.2.7]
Nov 20 09:12:42 mx sendmail[905]: {queue}: to=<support@example.com>, delay=00:00:01, xdelay=00:00:01, \
mailer=local, pri=32010, dsn=2.0.0, stat=Sent
"""
PROCMAIL = """\
From ada@customer.example  Fri Nov 20 09:12:41 2026
 Subject: Hello there
  Folder:  /usr/local/bin/desk-ingest-support\t\t\t\t    154
"""
