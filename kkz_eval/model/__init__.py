"""The frozen values that every package speaks: identifiers, findings, parsed tables, verdicts, errors.

Belongs here: values without behaviour of their own, and the schema of tables that several steps share.
Does not belong here: reading, judging, estimating; anything that imports pandas or dagster.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.model")
