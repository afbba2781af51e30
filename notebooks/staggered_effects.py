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
# # Zwei Kohorten, ein Vergleich: gestaffelte Effekte nach Callaway und Sant'Anna
#
# Die Kreise von 2012 und die von 2017 gegen Kreise, die noch nicht beteiligt sind, auf amtlichen Zahlen (INKAR). Ein Effekt je Kohorte
# und Jahr, dann ihre Mittel.
#
# *The Kreise of 2012 and those of 2017 against Kreise not yet treated, on official statistics (INKAR): one effect for each cohort and
# year, then their averages.*
#
# Vorher einmal (*once before*), mit INKAR im Ordner `inkar`:
#
# ```
# kkz-eval run --inbox inkar --home home --plan data_contracts/plans/kekiz-2012.yaml
# ```

# %%
from dataclasses import replace

import numpy as np

from kkz_eval.evaluation.effects import run_effects, run_estimator
from kkz_eval.evaluation.plan import Comparison, EstimatorSpec, Inference
from kkz_eval.evaluation.results import EstimateTable
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import load_settings

INDICATOR = "a_schul_oA"

# %% [markdown]
# ## Der Plan / The plan
#
# Eine Variante des Programmplans: beide Kohorten, Vergleich aller mit noch nicht Beteiligten, Bänder aus 999 Ziehungen. Sie ist eine
# Erkundung; was gilt, steht im festgelegten Plan.
#
# *A variant of the programme plan: both cohorts, comparison with the not yet treated, bands from 999 draws. It explores; the locked plan decides.*

# %%
settings = load_settings()
installation = open_installation(settings)
programme = installation.plans["kekiz-2012"]
plan = replace(
    programme,
    id="kekiz-gestaffelt",
    variant_of=programme.id,
    treated_cohorts=(2012, 2017),
    reference="not_yet",
    outcomes=(programme.outcome(INDICATOR),),
    estimators=(
        EstimatorSpec("cs", "callaway_santanna", "dr", ("group_time", "simple", "dynamic", "group", "calendar")),
        EstimatorSpec("twfe", "twfe"),
        EstimatorSpec("bacon", "bacon"),
    ),
    inference=Inference(draws=999),
    comparison=Comparison(),  # all with all, since the decomposition knows no strata
    audit=None,
    specifications=(),
    co_treatments=(),
    negative_controls=(),
)
study = Study(current_snapshot(installation), plan)
print(study.groups["group"].value_counts().to_string())

# %% [markdown]
# ## Die Mittel / The averages
#
# `simple`: über alle Zellen ab dem Beginn; `dynamic`: nach Jahren seit dem Beginn; `group`: je Kohorte; `calendar`: je Jahr; `exposed`:
# ab dem frühesten Jahr, in dem eine Wirkung zu sehen sein könnte. Darunter steht, was außen vor blieb und wie die Fehler entstanden sind.
#
# *simple: all cells from the start on; dynamic: by years since the start; group: by cohort; calendar: by year; exposed: from the earliest
# plausible year on. Below stands what was left out and where errors come from.*

# %%
result = run_effects(study.panel, plan)
averages = result.estimates[result.estimates["aggregation"] != "group_time"]
print(EstimateTable(averages, settings.language))

# %% [markdown]
# ## Die Jahre davor / The years before
#
# Ein gemeinsamer Test über alle Effekte vor dem Beginn. Mit so wenigen Kreisen je Kohorte lehnt er oft zu leicht ab und sieht kleine
# Abweichungen doch nicht.
#
# *A joint test of all effects before the start. With so few Kreise in a cohort it often rejects too easily, and still misses small deviations.*

# %%
print(result.tests.to_string(index=False))

# %% [markdown]
# ## Woher die Schätzung mit fixen Effekten kommt / Where two-way fixed effects come from
#
# Anteile der Vergleiche nach Goodman-Bacon. Was unter `later_vs_earlier` steht, vergleicht mit Kreisen, die schon beteiligt sind.
#
# *Shares of the comparisons (Goodman-Bacon); `later_vs_earlier` compares with Kreise that are treated already.*

# %%
bacon = result.weights[result.weights["kind"] == "bacon"]
print(bacon[["key", "weight", "estimate"]].round(3).to_string(index=False))

# %% [markdown]
# ## Weiter rechnen / Going on
#
# Die Einflussfunktionen bleiben erhalten: eine Spalte je Zeile der Schätzung, eine Zeile je Kreis. Daraus folgt die Kovarianz aller Effekte.
#
# *The influence functions are kept: a column for each estimate, a row for each Kreis; the covariance of all effects follows.*

# %%
estimation = run_estimator(study.panel, plan, INDICATOR, "cs")
names = [(row.aggregation, row.cohort, row.year, row.event_time) for row in estimation.rows]
covariance = estimation.influence.covariance
simple = names.index(("simple", None, None, None))
print(f"simple: {estimation.rows[simple].estimate:.3f}, SE {np.sqrt(covariance[simple, simple]):.3f}")
