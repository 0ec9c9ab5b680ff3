"""The console script `desk`: from the arguments to an exit code, whatever happens in between."""

import importlib
import os
import sys

import helpdesk_cli


def main() -> None:
    """Run the command line and end the process with its exit code."""
    arguments = sys.argv[1:]
    if arguments == ["--version"] and sys.stdout is not None:
        # Asked by scripts and by people in a hurry; nothing else need be loaded to answer.
        sys.stdout.write(f"desk {helpdesk_cli.__version__}\n")
        _leave(0)
    # Typer costs three times a bare interpreter; this is the one place that decides to pay for it.
    run = importlib.import_module("helpdesk_cli.cli.run")
    _leave(run.run(arguments))


def _leave(code: int) -> None:
    """Flush and exit. A reader that went away is no fault, and 120 (Python's own) no exit code of desk."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _forget_output()
        code = code or 141
    except OSError as error:
        _forget_output()
        if code == 0:
            code = 75
            if sys.stderr is not None:
                sys.stderr.write(f"desk: the output cannot be written: {error.strerror}\n")
    sys.exit(code)


def _forget_output() -> None:
    # The interpreter flushes once more at its end and would complain: let it write to nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    main()
