"""Estimators: each takes a sample and a plan and returns an Estimation, or raises Refused.

Belongs here: formulas, each with its source. Does not belong here: which cells enter (sample.py), tables (results.py).
"""
