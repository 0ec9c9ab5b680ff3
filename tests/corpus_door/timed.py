"""`python timed.py REPORT COMMAND...` runs it with our streams; its ending, seconds and KiB go into REPORT.

A small process in between, because Linux counts for a child the memory of whoever forked it.
"""

import os
import resource
import sys
import time

report, *command = sys.argv[1:]
started = time.monotonic()
pid = os.posix_spawn(command[0], command, os.environ)
_, status = os.waitpid(pid, 0)
seconds = time.monotonic() - started
# Of the largest process among the command and its children.
memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
with open(report, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib takes longer to load than this runs
    file.write(f"{os.waitstatus_to_exitcode(status)} {seconds} {memory}\n")
