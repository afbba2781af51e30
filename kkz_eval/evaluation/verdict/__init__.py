"""The verdict on an outcome: a versioned table of data (`rules.yaml`), and a pure function from evidence to verdict.

`evidence.py` says what is known of an outcome, `rules.py` reads the table, `decide.py` follows it, `sentences.py` has the words.
Belongs here: what follows from numbers that others computed. Does not belong here: computing them (inference, sensitivity, estimators),
pages (reporting).
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.evaluation.verdict")
