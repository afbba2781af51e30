"""Evaluation pipeline for "Kein Kind zurücklassen!": from deliveries to a report that can be traced.

Nothing is imported here but what Python has loaded, so that the steward's check of one file starts quickly.
"""

import os

# Matrices are small here: more than one thread waits more than it multiplies (a regression of 30 units took ten times as long beside other
# work), and may add in another order. Asked before numpy is loaded; whoever sets it keeps the say.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.9.0"
