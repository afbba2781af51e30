"""Data contracts: the ODCS files as values, their lint, neutral rules, and the compilation of rules.

Belongs here: what a contract says and what follows from it for typed columns.
Does not belong here: reading files (deliveries), texts for people (catalogues), Dagster.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.contracts")
