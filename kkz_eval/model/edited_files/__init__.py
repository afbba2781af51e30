"""Files that people edit (YAML): bytes to plain values, every fault at once as a sentence with file, line and next step.

`reading.py` is the entrance. It asks `composing.py` for the nodes of the YAML and `values.py` for what they say; the result is an `EditedFile`
(`file.py`), which a reader goes through with a `Node` (`cursor.py`) or with a JSON schema (`schema.py`). Does not belong here: what a plan,
contract or catalogue may say (their own modules).

A file is composed once; the nodes are kept and asked for lines only where something is wrong, so that a right file costs no more
than loading it.
"""
