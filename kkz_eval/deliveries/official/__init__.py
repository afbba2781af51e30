"""Official statistics: one module per family of files, all to one long table. Recognised by structure, never by file name.

Belongs here: what a file of official statistics says, cell by cell, with its address. Does not belong here: what a contract
makes of it (mapping.py is the one place where both meet), judging, indicators.
"""
