"""From bytes to what is accepted: screening, landing, register, dialects, judgement, observations.

Belongs here: everything about a delivered file. Does not belong here: rates, groups, estimates; pandas; Dagster.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.deliveries")
