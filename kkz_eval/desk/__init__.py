"""The desk in the browser: one address for those who deliver, evaluate and read.

Belongs here: pages, what people send by them, who may see what. Does not belong here: Dagster and statistics; what runs is handed in as functions.
"""
