"""Keeping bytes and tables: put once, get, list; Parquet with schema and digest; steps that are computed once.

Belongs here: how things are kept. Does not belong here: what they mean.
"""
