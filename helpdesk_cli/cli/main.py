"""The console script `desk`: from the arguments to an exit code, whatever happens in between."""

import atexit
import gc
import importlib
import os
import sys

import helpdesk_cli

# What looks at the stat of every ticket file, whatever else it is told; "" is bare `desk`.
LOOKING = frozenset({"", "list", "count", "next", "export"})


def main() -> None:
    """Run the command line and end the process with its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"] and sys.stdout is not None:
        # Asked by scripts and by people in a hurry; nothing else need be loaded to answer.
        sys.stdout.write(f"desk {helpdesk_cli.__version__}\n")
        _leave(0)
    # A command makes little garbage and many lasting objects; looking for cycles every 700 of them
    # costs a tenth of the start-up time. Batches still collect.
    gc.set_threshold(50_000, 20, 20)
    if "_DESK_COMPLETE" not in os.environ and (arguments[0] if arguments else "") in LOOKING:
        _look_ahead(arguments)
    # Typer costs three times a bare interpreter; this is the one place that decides to pay for it.
    try:
        run = importlib.import_module("helpdesk_cli.cli.run")
    except Exception as error:
        # Half an installation, in the middle of an upgrade: a mail server shall try again.
        if "ingest" not in arguments:
            raise
        sys.stderr.write(f"desk: cannot start: {type(error).__name__}\n")
        os._exit(75)
    _leave(run.run(arguments))


def _look_ahead(arguments: list[str]) -> None:
    """In a large desk, have the files looked at by a child while this process imports what it needs.

    Which desk is meant is guessed; where that is another, or none, nothing comes of it.
    """
    is_elsewhere = any(word.startswith(("-C", "--directory")) for word in arguments)
    if not is_elsewhere and not {"-h", "--help"}.intersection(arguments):
        importlib.import_module("helpdesk_cli.desk.looking_ahead").look_ahead(os.environ.get("DESK_DIR", ""))


def _leave(code: int) -> None:
    """Flush and exit. A reader that went away is no fault, and 120 (Python's own) no exit code of desk."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = code or 141
    except OSError as error:
        if code == 0:
            code = 75
            if sys.stderr is not None:
                sys.stderr.write(f"desk: the output cannot be written: {error.strerror}\n")
    # The rest of an orderly exit takes an eighth of a short command's time, to free memory that the
    # system takes back anyway. What was registered for the end still runs.
    atexit._run_exitfuncs()  # noqa: SLF001 - Python offers no public way to run them
    os._exit(code)


if __name__ == "__main__":
    main()
