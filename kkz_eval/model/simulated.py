"""The sign by which a file says that its figures are made up. The simulation writes it into every file, the register looks for it.

Whether something rests on simulated figures is asked of the arrivals in the register. Does not belong here: looking for it in bytes.
"""

SIGN = "Modellwelt der Evaluation: simulierte Daten"
"""Only letters that every encoding writes alike, so that it is found without knowing the encoding."""
