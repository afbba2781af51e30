"""Evaluation pipeline for "Kein Kind zurücklassen!": from deliveries to a report that can be traced.

Nothing is imported here, so that the steward's check of one file starts quickly.
"""

__version__ = "0.3.0"
