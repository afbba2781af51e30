"""What violations of parallel trends could do to an event study: how far its effects reach where trends would not have been parallel.

Belongs here: intervals that hold under a bounded violation, the bound at which a finding ends, what a test of the years before can see.
Does not belong here: the estimates themselves (estimators), whether a comparison carries a verdict, words of reports.
"""
