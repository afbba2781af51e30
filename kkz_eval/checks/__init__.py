"""Thin Dagster asset checks: what the register and the design say, as sentences. No judgement of their own but Great Expectations'."""
