"""`python -m kkz_eval`: the command line."""

from kkz_eval.cli import entry

if __name__ == "__main__":
    entry()
