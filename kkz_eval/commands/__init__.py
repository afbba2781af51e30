"""One module per command: what it prints, and its exit code. `cli.py` says which command takes what.

Belongs here: the order of a command's steps, tables and sentences on the terminal. Does not belong here: the steps themselves.
`check` is two modules: the process that a user meets, which imports no reader, and `check_files`, which reads and judges.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.commands")
