"""Facts that do not come from deliveries: Kreise, programme units, and what follows from them alone.

Belongs here: small tables of the project with their attribution, those that an installation gives in their place, and the group of each Kreis by the programme plan's rule.
Does not belong here: figures of deliveries, choices of one evaluation, anything that imports pandas.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.reference")
