"""`desk fetch` against a real IMAP server."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from care.world import AT, write_mail
from documented import faults

from helpdesk_cli.desk.fetch import fetch_all, open_account, state_of
from helpdesk_cli.errors import DeskError, TryAgainError
from helpdesk_cli.storage import lock

if TYPE_CHECKING:
    from fetch.conftest import Joined

TAKEN = {"$DeskTaken", r"\Seen"}


def outcomes(joined: Joined, **how: bool) -> list[str]:
    return ["left" if each.left else each.ingested.outcome for each in joined.fetch(**how)]


def test_mail_becomes_tickets_and_is_marked(joined: Joined) -> None:
    joined.server.append(joined.user, write_mail(1), write_mail(2, answers=1), write_mail(3))
    assert outcomes(joined) == ["created", "appended", "created"]
    assert joined.server.flags(joined.user) == [TAKEN] * 3
    assert outcomes(joined) == []
    assert [ticket.subject for ticket in joined.world.tickets()] == ["Request 1", "Request 3"]


def test_the_bytes_are_the_servers(joined: Joined) -> None:
    mail = write_mail(1, text="bin\xffary ü\n..\n.\n\nFrom here\n").replace(b"\n", b"\r\n")
    joined.server.append(joined.user, mail)
    joined.fetch()
    (message,) = (entry for entry in joined.world.ticket("TICKET-1").entries if entry.kind == "message")
    kept = joined.world.state / "raw" / message.raw[:2] / message.raw
    assert kept.read_bytes() == mail


def test_it_is_live_mail_with_its_envelope(joined: Joined) -> None:
    head = b"Return-Path: <ada@customer.example>\r\nDelivered-To: support+x.y@example.com\r\n"
    at = AT - timedelta(hours=5)
    joined.server.append(joined.user, head + write_mail(1), at=at)
    joined.fetch()
    ticket = joined.world.ticket("TICKET-1")
    assert ticket.inbox == "support"
    (message,) = ticket.messages
    assert message.answerable == "yes"
    assert message.at == at


def test_without_a_return_path_nothing_may_answer(joined: Joined) -> None:
    joined.server.append(joined.user, write_mail(1), at=AT)
    joined.fetch()
    (message,) = joined.world.ticket("TICKET-1").messages
    assert message.answerable == "A1"


def test_what_came_days_ago_sets_nothing_in_motion(joined: Joined) -> None:
    mail = b"Return-Path: <ada@customer.example>\r\n" + write_mail(1)
    joined.server.append(joined.user, mail, at=AT - timedelta(days=4))
    joined.fetch()
    (message,) = joined.world.ticket("TICKET-1").messages
    assert message.answerable == "late"


def test_mail_that_a_person_read_is_taken_all_the_same(joined: Joined) -> None:
    assert outcomes(joined) == []
    joined.server.append(joined.user, write_mail(1), flags=[r"\Seen"], at=AT + timedelta(minutes=1))
    joined.server.append(joined.user, write_mail(2), flags=[r"\Deleted"], at=AT + timedelta(minutes=1))
    assert outcomes(joined) == ["created", "created"]
    assert all(flags >= TAKEN for flags in joined.server.flags(joined.user))


def test_what_was_read_before_the_desk_came_stays(joined: Joined) -> None:
    joined.server.append(joined.user, write_mail(1), flags=[r"\Seen"], at=AT - timedelta(hours=2))
    joined.server.append(joined.user, write_mail(2), flags=[r"\Seen"], at=AT - timedelta(days=40))
    joined.server.append(joined.user, write_mail(3), at=AT - timedelta(days=40))
    assert outcomes(joined) == ["created"]
    assert joined.world.ticket("TICKET-1").subject == "Request 3"
    assert outcomes(joined) == []


def test_a_server_without_keywords_marks_as_read(joined: Joined) -> None:
    joined.configure(folder="Seenonly")
    joined.server.append(joined.user, write_mail(1), write_mail(2), folder="Seenonly")
    assert outcomes(joined) == ["created", "created"]
    assert joined.server.flags(joined.user, "Seenonly") == [{r"\Seen"}] * 2
    assert outcomes(joined) == []
    assert state_of(joined.world.desk, "support").mark == "seen"


def test_a_folder_that_may_only_be_read_is_refused(joined: Joined) -> None:
    joined.configure(folder="Readonly")
    joined.server.append(joined.user, write_mail(1), folder="Readonly")
    with pytest.raises(DeskError, match="cannot be marked"):
        joined.fetch()
    assert joined.world.tickets() == []


def test_a_folder_that_is_not_there_is_said(joined: Joined) -> None:
    joined.configure(folder="Nowhere")
    with pytest.raises(DeskError, match="Nowhere"):
        joined.fetch()


def test_mail_is_moved_to_a_folder_that_is_made(joined: Joined) -> None:
    joined.configure(after="move", to="Desk/Täken & done")
    joined.server.append(joined.user, write_mail(1), write_mail(2))
    assert outcomes(joined) == ["created", "created"]
    assert joined.server.flags(joined.user) == []
    assert len(joined.server.flags(joined.user, "Desk/Täken & done")) == 2


def test_without_move_and_uidplus_nothing_of_others_is_expunged(joined_to_old: Joined) -> None:
    joined = joined_to_old
    joined.configure(after="move", to="Done")
    joined.server.append(joined.user, write_mail(1), write_mail(2))
    joined.server.append(joined.user, write_mail(3), flags=[r"\Deleted"])
    assert outcomes(joined) == ["created", "created"]
    assert outcomes(joined) == []
    assert [r"\Deleted" in flags for flags in joined.server.flags(joined.user)] == [True] * 3
    assert len(joined.server.flags(joined.user, "Done")) == 2


def test_a_mailbox_that_forgot_everything_adds_nothing(joined: Joined) -> None:
    """UIDVALIDITY changes and every mark is lost: all is fetched again, and known again."""
    mails = [write_mail(number) for number in range(1, 4)]
    joined.server.append(joined.user, *mails)
    joined.fetch()
    with joined.server.client(joined.user, "") as client:
        before = client.folder_status("INBOX", "UIDVALIDITY")
        client.create_folder("Other")
        client.delete_folder("Other")
    folder = joined.server.top / "mail" / joined.user
    for lists in (
        "dovecot-uidlist",
        "dovecot.index",
        "dovecot.index.log",
        "dovecot-keywords",
        "dovecot-uidvalidity",
    ):
        (folder / lists).unlink(missing_ok=True)
    for mail in (folder / "cur").iterdir():
        mail.rename(folder / "new" / mail.name.partition(":")[0])
    with joined.server.client(joined.user, "") as client:
        assert client.folder_status("INBOX", "UIDVALIDITY") != before
    assert outcomes(joined) == ["duplicate"] * 3
    assert joined.server.flags(joined.user) == [TAKEN] * 3
    assert len(joined.world.tickets()) == 3


def test_an_empty_mail_is_kept_too(joined: Joined) -> None:
    joined.server.append(joined.user, b"\r\n", write_mail(2))
    assert outcomes(joined)[1] == "created"
    assert joined.server.flags(joined.user) == [TAKEN] * 2


def test_what_cannot_be_kept_stays_and_holds_nobody_up(joined: Joined) -> None:
    joined.server.append(
        joined.user, write_mail(1), write_mail(2, text=f"{'x' * 70}\n" * 60_000), write_mail(3)
    )
    # No file of more than 2 MB: the disk is full for one of them.
    done = joined.desk("fetch", around=("sh", "-c", 'ulimit -f 4096; exec "$@"', "-"))
    assert done.returncode == 75
    assert "mail 2 stays in the mailbox: " in done.stderr
    assert joined.server.flags(joined.user) == [TAKEN, set(), TAKEN]
    assert outcomes(joined) == ["created"]
    assert [ticket.subject for ticket in joined.world.tickets()] == ["Request 1", "Request 3", "Request 2"]


def test_a_dry_run_changes_nothing(joined: Joined) -> None:
    joined.configure(after="move", to="Done")
    joined.server.append(joined.user, write_mail(1), write_mail(2))
    assert outcomes(joined, dry_run=True) == ["created", "created"]
    assert joined.server.flags(joined.user) == [set()] * 2
    assert joined.world.tickets() == []
    with joined.server.client(joined.user) as client:
        assert not client.folder_exists("Done")


def test_two_at_once(joined: Joined) -> None:
    joined.server.append(joined.user, write_mail(1))
    layout = joined.world.desk.layout
    held = lock.try_hold(layout.state / "fetch" / "support.lock", modes=layout.modes)
    assert held
    done = joined.desk("fetch")
    held.release()
    assert (done.returncode, joined.world.tickets()) == (0, [])
    assert "another fetch is at this mailbox" in done.stderr


def test_starttls(joined: Joined) -> None:
    joined.configure(port=joined.server.plain, security="starttls")
    joined.server.append(joined.user, write_mail(1))
    assert outcomes(joined) == ["created"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_is_refused(
    joined: Joined, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    joined.configure(port=joined.server.tls if security == "tls" else joined.server.plain, security=security)
    with pytest.raises(DeskError, match=r"does not prove who it is: self.signed"):
        joined.fetch()
    log = (joined.server.top / "log").read_text()
    assert f"<{joined.user}>" not in log, "it tried to log in"


def test_a_certificate_for_another_name_is_refused(joined: Joined) -> None:
    joined.configure(host="127.0.0.1")
    with pytest.raises(DeskError, match="does not prove who it is"):
        joined.fetch()


def test_a_wrong_password_is_said_without_it(joined: Joined) -> None:
    joined.configure(password_command="echo wrongsecret")
    done = joined.desk("fetch")
    assert done.returncode == 75
    assert f"refuses the login of {joined.user}" in done.stderr
    assert "password-command" in done.stderr
    assert "wrongsecret" not in done.stderr + (joined.world.state / "fetch" / "support.json").read_text()


def test_a_token(joined: Joined) -> None:
    joined.configure(password_command="", token_command=f"echo {joined.server.token(joined.user)}")
    joined.server.append(joined.user, write_mail(1))
    assert outcomes(joined) == ["created"]


def test_a_wrong_token_is_said_without_it(joined: Joined) -> None:
    token = joined.server.token("somebody@else.example")
    joined.configure(password_command="", token_command=f"echo {token}")
    with pytest.raises(DeskError, match="refuses the login") as caught:
        joined.fetch()
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo hush; echo 'no such entry' >&2; false", "ended with 1: no such entry"),
        ("true", "is empty"),
        ("printf 'a\\tb\\n'", "control character"),
        ("printf '\\377\\n'", "not UTF-8"),
    ],
)
def test_a_command_that_gives_no_password(joined: Joined, command: str, said: str) -> None:
    joined.configure(password_command=command)
    with pytest.raises(TryAgainError, match=said) as caught:
        joined.fetch()
    assert "password-command" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_clone_that_is_not_the_server_fetches_nothing(joined: Joined) -> None:
    joined.world.git("config", "desk.role", "clone")
    done = joined.desk("fetch")
    assert done.returncode == 2
    assert "not the desk's server" in done.stderr


def test_cron_is_silent_until_a_fault_lasts(joined: Joined) -> None:
    joined.configure(port=1)
    assert fetch_all(joined.world.desk) == []
    assert fetch_all(joined.world.later(minutes=29).desk) == []
    lasting = fetch_all(joined.world.later(minutes=31).desk)
    assert lasting == ["fetch: support: localhost:1: connection refused"]
    assert fetch_all(joined.world.later(minutes=91).desk) == lasting
    joined.configure()
    assert fetch_all(joined.world.later(minutes=92).desk) == []
    assert state_of(joined.world.desk, "support").failing_since is None
    joined.configure(password_command="echo wrong")
    assert len(fetch_all(joined.world.desk)) == 1, "what needs a person is said at once"


def test_cron_fetches(joined: Joined) -> None:
    joined.server.append(joined.user, write_mail(1))
    done = joined.desk("cron", "--quiet")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert joined.world.ticket("TICKET-1").subject == "Request 1"
    codes = {item["code"] for item in json.loads(joined.desk("doctor", "--json").stdout)["items"]}
    assert "fetch" in codes
    assert "no-mail-server" not in codes


def test_what_programs_read(joined: Joined) -> None:
    joined.server.append(joined.user, write_mail(1), write_mail(1))
    done = joined.desk("fetch", "--json")
    assert done.returncode == 0, done.stderr
    first, second = map(json.loads, done.stdout.splitlines())
    assert first == {
        "schema": "desk/1",
        "kind": "fetched",
        "account": "support",
        "uid": 1,
        "outcome": "created",
        "ticket": "TICKET-1",
        "message": "1.1",
        "why": None,
    }
    assert second["outcome"] == "duplicate"
    assert faults(second, "fetched") == []


def test_an_unknown_account(joined: Joined) -> None:
    done = joined.desk("fetch", "suport")
    assert done.returncode == 3
    assert 'Did you mean "support"' in done.stderr


def test_an_account_that_is_not_complete_holds_no_other_up(joined: Joined) -> None:
    path = joined.world.root / "desk.yaml"
    path.write_text(
        path.read_text().replace("\nfetch:\n", "\nfetch:\n  another: {host: localhost, user: x}\n")
    )
    joined.server.append(joined.user, write_mail(1))
    done = joined.desk("fetch")
    assert done.returncode == 75
    assert "another: there is no way to log in" in done.stderr
    assert "1 mail: 1 opened a ticket" in done.stdout


def test_many_mails_come_in_order(joined: Joined) -> None:
    """More than are asked for at once."""
    with joined.server.client(joined.user, "") as client:
        client.multiappend("INBOX", [write_mail(number) for number in range(1, 231)])
    assert outcomes(joined) == ["created"] * 230
    assert joined.world.ticket("TICKET-230").subject == "Request 230"


def test_a_mailbox_is_given_back(joined: Joined) -> None:
    """The lock of an account is free again when a fetch has failed."""
    joined.configure(port=1)
    for _ in range(2):
        desk = joined.world.desk
        with pytest.raises(DeskError, match="refused"), open_account(desk, desk.settings.fetch[0]):
            pass
