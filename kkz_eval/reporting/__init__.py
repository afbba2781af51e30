"""The report: a document model, sentences by rule, figures, the gate against disclosure, and the HTML page.

Belongs here: what people read of an evaluation. Does not belong here: estimating, judging deliveries, reading files of data.
"""

from kkz_eval.model.texts import Catalogue

say = Catalogue("kkz_eval.reporting")

DRAWING = ("altair", "vl-convert-python", "typst")
"""The libraries that pictures and papers depend on."""
