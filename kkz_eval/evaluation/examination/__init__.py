"""An outcome's estimates examined: what chance could have done, whether the comparison carries them, what it could have seen.

Belongs here: from a sample and a plan to rows of inference, audit, power and sensitivity. Does not belong here: formulas of inference
(inference, sensitivity), what may be said (verdict).
"""
