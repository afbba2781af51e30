"""The errors of this package: sentences of its own catalogue. No texts here."""

from __future__ import annotations

from functools import partial

from kkz_eval.model.errors import UserError

simulation_error = partial(UserError, package="kkz_eval.simulation")
