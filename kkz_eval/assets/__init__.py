"""Thin Dagster assets, one module per step of the line: load, call one function of `kkz_eval.line`, record.

Belongs here: names, descriptions and metadata for people. Does not belong here: rules, computation, values of cells.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.assets")
