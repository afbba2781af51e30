"""What chance could do: p-values and intervals from assignments of the programme that could have been instead of the real one.

Belongs here: arrays in, numbers out. Does not belong here: panels, plans, rows of results, words about effects.
"""
