"""From observations to indicators: the catalogue, rates with their sampling error, breaks.

Belongs here: what an indicator is and how its values come from observations. Does not belong here: groups, effects.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.indicators")
