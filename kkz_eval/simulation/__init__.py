"""The model world: deliveries as municipalities and offices would send them, with the true effects written beside them.

Belongs here: the data generating process, its parameters, the effects file, and the bytes of the simulated files.
Does not belong here: reading deliveries, computing indicators, estimating; faults in files are added to finished files, not here.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.simulation")
