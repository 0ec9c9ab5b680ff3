"""`desk fetch` killed where it alters anything, here or in the mailbox: each mail is taken, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from care.world import write_mail
from faults import strace, sweep
from fetch.conftest import join, own_name
from fetch.test_fetch import TAKEN, outcomes
from needs import needs

if TYPE_CHECKING:
    from pathlib import Path

    from faults.strace import Fault
    from fetch.conftest import Joined
    from fetch.dovecot import Dovecot

pytestmark = needs("strace")
MAILS = [write_mail(1), write_mail(2, answers=1), write_mail(3, attachment=b"%PDF small")]
# SQLite's own pages are disposable; what goes to the server leaves by `write`.
CALLS = [call for call in strace.CHANGING if call not in {"pwrite64", "flock"}]
SAMPLE = 8
PARTS = 2


def run(joined: Joined, fault: Fault | None, log: Path) -> strace.Ran:
    return strace.run(joined.command("fetch"), fault, log=log, environment=joined.environment(), calls=CALLS)


def judge(joined: Joined) -> None:
    assert "left" not in outcomes(joined)
    assert outcomes(joined) == []
    assert joined.server.flags(joined.user) == [TAKEN] * 3
    first, third = joined.world.tickets()
    assert [len(first.messages), len(third.messages)] == [2, 1]
    # A file of a number that was not taken after all is put away first.
    assert joined.desk("fsck", "--repair").returncode in {0, 1}
    assert joined.desk("fsck").returncode == 0


def find_points(joined: Joined, log: Path) -> list[Fault]:
    """Every kill there can be, from a run without one."""
    joined.server.append(joined.user, *MAILS)
    ran = run(joined, None, log)
    assert ran.code == 0
    judge(joined)
    return list(sweep.kills(strace.points(ran.log)))


@pytest.fixture(scope="module")
def faults(dovecot: Dovecot, first_desk: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Fault]:
    """A few of all kills, the same each time."""
    place = tmp_path_factory.mktemp("points")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
        # A mailbox of its own each time: the server outlives this module, which a worker may come back to.
        every = find_points(join(dovecot, first_desk, place, own_name(place)), place / "log")
    assert len(every) > 60, "too few to be all"
    return sweep.sample(every, SAMPLE, seed=5)


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_anywhere(
    joined: Joined, first_desk: Path, tmp_path: Path, faults: list[Fault], part: int
) -> None:
    for number, fault in enumerate(faults[part::PARTS]):
        place = tmp_path / str(number)
        mine = join(joined.server, first_desk, place, f"{own_name(tmp_path)}-{number}")
        mine.server.append(mine.user, *MAILS)
        ran = run(mine, fault, place / "log")
        assert ran.fired, fault
        assert ran.code == -9
        judge(mine)
