"""Official statistics: what a file says, cell by cell, with its address, and what a contract takes of it.

Each family of files is one module that makes keyed records of it: datencsv, ffcsv, cube (GENESIS), inkar, inkar_export, panels, wegweiser.
read.py finds the family by structure, never by file name; claims.py gives the records to the contracts, most of them as the long table
(table.py) that assemble.py makes. Does not belong here: judging, indicators.
"""
