"""As many random histories as there is time for: `python -m model.everything 0 40` has 1,000, 25 a seed.

Each seed is one line. The first history that fails is shown as it was, and ends it.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from model.test_command_histories import STEPS, Histories, prepare

EACH = 25
BOUNDS = settings(
    max_examples=EACH,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)


def main(first: int, last: int) -> None:
    """The histories of these seeds, the last not among them."""
    with tempfile.TemporaryDirectory(prefix="histories-") as place:
        tempfile.tempdir = place
        prepare(Path(place))
        for number in range(first, last):
            began = time.monotonic()
            run_state_machine_as_test(seed(number)(Histories), settings=BOUNDS)
            said = f"seed {number}: {EACH} histories agree, {time.monotonic() - began:.0f} s\n"
            sys.stdout.write(said)
            sys.stdout.flush()
    sys.stdout.write(f"{(last - first) * EACH:,} histories, compared {Histories.checked:,} times.\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
