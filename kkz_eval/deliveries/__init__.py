"""From bytes to what is accepted, in rooms: text, workbook, columns, persons, municipal, official, register. reader.py is the one entrance.

Belongs here: everything about a delivered file. Does not belong here: rates, groups, estimates; pandas; Dagster.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.deliveries")
