# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Eine Schätzung, auseinandergenommen
#
# Vergleich, Prüfung des Vergleichs, was der Zufall hätte tun können (als Bild), was Verstöße anrichten könnten, und das Urteil.
#
# *An estimate taken apart: the comparison, its audit, what chance could have done (as a picture), what violations could do, and the verdict.*
#
# Vorher einmal (*once before*):
#
# ```
# kkz-eval simulate --out build/modellwelt --seed 1
# kkz-eval run --inbox build/modellwelt/deliveries --home home --plan data_contracts/plans/modellwelt.yaml
# ```

# %%
import altair as alt
import numpy as np
import pandas as pd

from kkz_eval.evaluation.examination.block import block_of
from kkz_eval.evaluation.examination.chance import exchanges
from kkz_eval.evaluation.examination.contrasts import after_less_before
from kkz_eval.evaluation.inference.assignments import assignments_in_chunks
from kkz_eval.evaluation.inference.statistics import coefficient
from kkz_eval.evaluation.panel import validate_panel
from kkz_eval.evaluation.sample import build_sample, outcome_slice
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.line.verdicts import verdicts_of, with_verdicts
from kkz_eval.settings import load_settings

PLAN = "modellwelt"
INDICATOR = "schulabgaenge_ohne_abschluss"

# %% [markdown]
# ## Der Vergleich / The comparison
#
# Städte mit Städten, Kreise mit Kreisen, und der Bedarf vor dem Beginn festgehalten: was der Plan unter `comparison` nennt.
#
# *Cities with cities, Kreise with Kreise, and need before the start held fixed: what the plan names under `comparison`.*

# %%
settings = load_settings()
installation = open_installation(settings)
plan = installation.plans[PLAN]
study = Study(current_snapshot(installation), plan)
simulated = bool(study.simulated)
if simulated:
    print("SIMULIERTE DATEN, keine amtlichen Zahlen / SIMULATED DATA, no official figures\n")
outcome = plan.outcome(INDICATOR)
panel = validate_panel(study.panel, plan)
block = block_of(build_sample(outcome_slice(panel, plan, outcome), plan, outcome))
compared = block.compared
print(pd.DataFrame({"treated": compared.treated_by_stratum, "units": compared.units_by_stratum}).to_string())

# %% [markdown]
# ## Trägt der Vergleich? / Does the comparison stand?
#
# Dieselbe Rechnung, als wäre das Programm anders verteilt worden: In wie vielen Zuordnungen hätte der 5-Prozent-Test einen Unterschied gefunden, wo keiner
# ist? `blind`: nur an Kreisen, die noch nicht teilnahmen.
#
# *The same calculation as if the programme had gone elsewhere: in what share of assignments would the 5 % test have found a difference? `blind`: on Kreise that
# did not take part yet.*

# %%
effects = study.effects
audit = effects.audit[effects.audit["indicator"] == INDICATOR]
print(audit[["form", "within", "adjust", "law", "theta", "size", "status"]].round(3).to_string(index=False))

# %% [markdown]
# ## Was der Zufall hätte tun können / What chance could have done
#
# Alle Zuordnungen innerhalb der Art, nach dem Gesetz der Prüfung gewichtet; der Strich ist der Schätzwert.
#
# *All assignments within kind, weighed by the law of the audit; the line is the estimate.*

# %%
exchange = exchanges(block, plan)[-1]
law = exchange.laws["hat"]
z = block.outcome @ after_less_before(block, "coefficient")
statistic = coefficient(z, exchange.compared)
values, weights = [], []
for assignments in assignments_in_chunks(exchange.assigned):
    values.append(statistic.values(assignments))
    weights.append(np.exp(law.log_weight(assignments) - law.log_total(exchange.assigned)))
values, weights = np.concatenate(values), np.concatenate(weights)
observed = float(statistic.values(exchange.assigned.treated[None])[0])
center = float(weights @ values)
p = float(weights[np.abs(values - center) >= abs(observed - center) * (1 - 1e-12)].sum())
print(f"{len(values):,} assignments, estimate {observed:.3f}, center {center:.3f}, p {p:.4f}")

# %%
share, edges = np.histogram(values, bins=60, weights=weights)
bars = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "share": share})
title = "Schätzwerte unter anderen Zuordnungen" + (" (simuliert)" if simulated else "")
chance = (
    alt.Chart(bars, title=title)
    .mark_bar(color="#9db4c0")
    .encode(x=alt.X("low:Q", bin="binned", title="Prozentpunkte"), x2="high:Q", y=alt.Y("share:Q", title="Anteil"))
) + alt.Chart(pd.DataFrame({"x": [observed]})).mark_rule(color="#0b4f6c", strokeWidth=3).encode(x="x:Q")
chance  # noqa: B018

# %%
inference = effects.inference[(effects.inference["indicator"] == INDICATOR) & (effects.inference["estimator"] == "twfe")]
columns = ["statistic", "within", "theta", "n_assignments", "exact", "estimate", "p_value", "p_adjusted", "conf_low", "conf_high"]
print(inference[columns].round(4).to_string(index=False))

# %% [markdown]
# ## Was Verstöße anrichten könnten / What violations could do
#
# Bereiche, die auch gelten, wenn die Trends sich nach dem Beginn um das M̄-Fache dessen unterschieden, was davor zu sehen war.
#
# *Intervals that hold even if trends differed after the start by M̄ times what was seen before.*

# %%
sensitivity = effects.sensitivity[effects.sensitivity["indicator"] == INDICATOR]
honest = sensitivity[sensitivity["method"].str.startswith("honest") | (sensitivity["method"] == "breakdown")]
print(honest[["method", "parameter", "target", "conf_low", "conf_high"]].round(3).to_string(index=False))

# %% [markdown]
# ## Das Urteil / The verdict
#
# Nach der Tabelle in `kkz_eval/evaluation/verdict/rules.yaml`: die erste Zeile, die zutrifft.
#
# *By the table in `kkz_eval/evaluation/verdict/rules.yaml`: the first row that applies.*

# %%
verdict = verdicts_of(study, effects)[INDICATOR]
table = with_verdicts(study, effects, {INDICATOR: verdict}).verdicts
print(table.T.to_string(header=False))
