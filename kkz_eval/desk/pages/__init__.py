"""The rooms of the desk, a module each, with `routes(desk)`: addresses, who may see them, and the functions that answer.

A function takes a request and gives an answer; it runs in a thread of its own, so it may read and compute. Does not belong here: a step of
the line, a rule of its own, Dagster.
"""
