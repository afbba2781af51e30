"""Speaking to other machines, the one place that does: fetching tables of official statistics with the user's own account, sending a notice.

Belongs here: the services, one request, its answer, the file in the inbox; one message to the mail server of the house. Does not belong here:
reading tables, what a notice says. Nothing but the command line imports this package, and hands the desk what it sends with; neither the yearly
job nor the check of a file needs it.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.fetching")
