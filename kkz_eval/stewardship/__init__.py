"""What a data steward gets and gives back: protocols of findings and the state of all deliveries.

Belongs here: findings and verdicts made readable for people. Does not belong here: judging (contracts), reading (deliveries).
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.stewardship")
