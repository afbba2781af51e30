"""Fetching tables of official statistics with the user's own account: the one place that speaks to another machine.

Belongs here: the services, one request, its answer, the file in the inbox. Does not belong here: reading tables. Nothing but the
command line imports this package; neither the yearly job nor the check of a file needs it.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.fetching")
