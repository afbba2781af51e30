"""The signs by which a file says that its figures are made up: one in what comes in, one in what is handed on.

The simulation writes the first into every file, the register looks for it; the second stands in every row of a table that leaves.

Whether something rests on simulated figures is asked of the arrivals in the register. Does not belong here: looking for it in bytes.
"""

SIGN = "Modellwelt der Evaluation: simulierte Daten"
"""Only letters that every encoding writes alike, so that it is found without knowing the encoding."""

COLUMN = "simulated"
"""Of tables that are handed on: the column after all others, which only tables of made-up figures have."""
IN_ROWS = "true"
"""What stands in that column, in every row."""
