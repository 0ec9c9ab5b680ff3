"""A desk that has taken in every mail there is, made once a test run."""

from __future__ import annotations

import fcntl
import pickle

import pytest
from corpus_door.filled import Filled
from corpus_door.front import Front, write_mails


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Filled:
    """The desk; tests add nothing to it. Where tests run in several processes, the first makes it for all."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "filled"
    folder.mkdir(exist_ok=True)
    result = folder / "result"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not result.exists():
            front, mails = Front.make(folder), write_mails(folder / "mails")
            ended = front.desk("ingest", folder / "mails", "--json")
            result.write_bytes(pickle.dumps(Filled(front, folder / "mails", mails, ended)))
    made: Filled = pickle.loads(result.read_bytes())
    return made
