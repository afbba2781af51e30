"""Official statistics: what a file says, cell by cell, with its address, and what a contract takes of it.

Each family of files is one module that makes keyed records of it: datencsv, ffcsv, cube (GENESIS), inkar, inkar_export, panels, wegweiser. read.py
finds the family by structure, never by file name; assemble.py makes the long table (table.py) of them; claims.py gives it to the
contracts. Does not belong here: judging, indicators.
"""
