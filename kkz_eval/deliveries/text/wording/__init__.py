"""What texts beside a table say of its numbers. No contracts.

Words (vocabulary), their neighbours (tokens), what can be said (statement); a module for each family of statements (scales, shares,
rates, figures, units, reservations), and the way through a text (statements).
"""
