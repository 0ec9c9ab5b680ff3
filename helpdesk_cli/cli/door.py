"""`desk-ingest`, the door for mail servers: a mail on standard input, exit 0 or 75, nothing printed of it.

Run by the shim as `python -I -c 'from helpdesk_cli.cli.door import main; main()'`. No Typer in its
path; start-up is what a mail server waits for. Whatever goes wrong ends in 75 (EX_TEMPFAIL of
sysexits.h): the mail server keeps the mail and tries again. What is written to standard error names
the fault and never holds text of the mail: Postfix would read `5.7.1 ...` there as a refusal.

First of all, before anything is imported, a child is forked that imports the parsing of mail and waits
for the mail; this process imports the rest meanwhile (`cli/delivery`). On two cores that hides the
half of the start-up.
"""

from __future__ import annotations

import gc
import os
import sys

TRY_AGAIN = 75
# A mail server that loses patience may bounce (Postfix does, after the 300 s of our recipe): be sooner.
LONGEST = 240


def main() -> None:
    """Take in the mail on standard input and end the process."""
    # A process that lives for a tenth of a second collects no garbage: 6 ms of 74.
    gc.disable()
    status = TRY_AGAIN
    try:
        _open_standard_streams()
        status = _deliver(sys.argv[1:])
    except BaseException as error:  # noqa: BLE001 - whatever it is, the mail server keeps the mail
        complain(f"{type(error).__name__} {_where(error)}")
    # Everything that matters is on the disk; tearing the interpreter down costs 8 ms and may still fail.
    os._exit(status)


def _deliver(arguments: list[str]) -> int:
    reader = None if "--check" in arguments else _fork_reader()
    from importlib import import_module  # noqa: PLC0415 - behind the fork, as all of the following

    import_module("signal").alarm(LONGEST)
    status: int = import_module("helpdesk_cli.cli.delivery").run(arguments, reader)
    return status


def _fork_reader() -> tuple[int, int, int]:
    """Start the child that reads the mail: its pid, where its jobs go in, where its results come out."""
    job_out, job_in = os.pipe()
    result_out, result_in = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(job_in)
            os.close(result_out)
            from helpdesk_cli.desk.reading import serve  # noqa: PLC0415 - only in the child

            serve(job_out, result_in)
        finally:
            os._exit(1)
    os.close(job_out)
    os.close(result_in)
    return pid, job_in, result_out


def _open_standard_streams() -> None:
    """Closed ones on /dev/null: else the next file opened would be the mail, or get our complaints."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _where(error: BaseException) -> str:
    """File and line of the innermost call; not the message, which may hold text of the mail."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


def complain(words: str) -> None:
    """One line on standard error, for the door's log; visible characters only."""
    visible = "".join(character if character.isprintable() else "?" for character in words)
    line = f"desk-ingest: {visible}\n".encode("ascii", "backslashreplace")
    try:
        os.write(2, line)
    except OSError:
        return
