"""The command line as a process: `kkz-eval`, and `python -m kkz_eval`. All else is imported where an interrupt is already looked for."""

import sys


def entry() -> None:
    """The console script. Interrupted before a command has begun or after its end, it ends with the code of one that was interrupted."""
    try:
        from kkz_eval.cli import entry as run  # noqa: PLC0415

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    entry()
