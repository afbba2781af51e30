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
# # Wie viel müsste falsch sein, damit das Ergebnis kippt?
#
# *How much would have to be wrong for the result to fall?*

# %% [markdown]
# ## Worauf alles beruht / What all rests on
#
# Die eingefrorenen Eingänge eines Laufs: Datenstand, Plan und seine Prüfsumme, und die Ausgabe des Berichts, die daraus wurde. Ohne Namen die neueste
# Ausgabe in `KKZ_HOME`; `SNAPSHOT` nimmt den Namen eines anderen Stands oder dessen Anfang. In den Ordner wird nichts geschrieben.
#
# *The frozen inputs of a run: state of the data, plan and its digest, and the edition of the report made of them. Without a name the newest edition in
# `KKZ_HOME`; `SNAPSHOT` takes the name of another state, or how it begins. Nothing is written into the folder.*

# %%
from dataclasses import replace

import numpy as np
import pandas as pd

from kkz_eval.evaluation.effects import run_outcome, sample_of
from kkz_eval.evaluation.estimators.event_study import exposed_weights
from kkz_eval.evaluation.examination.outcome import counted_aggregation
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.plan import Specification
from kkz_eval.evaluation.sensitivity.breakdown import breakdown_relative_magnitudes, breakdown_smoothness
from kkz_eval.evaluation.sensitivity.event_coefficients import event_study_coefficients
from kkz_eval.evaluation.sensitivity.relative_magnitudes import relative_magnitudes_interval
from kkz_eval.line.reopened import reopen
from kkz_eval.reporting.inputs import SpecificationInfo
from kkz_eval.reporting.sections.robustness_figures import sensitivity_figure, specification_figure

PLAN, SNAPSHOT, INDICATOR = "modellwelt", "", "schulabgaenge_ohne_abschluss"
opened = reopen(PLAN, SNAPSHOT)
study, plan, outcome = opened.study, opened.plan, opened.plan.outcome(INDICATOR)
kept = opened.kept("sensitivity").query("indicator == @INDICATOR")
print(opened)

# %% [markdown]
# ## Derselbe Vergleich, anders gerechnet / The same question, asked otherwise
#
# Alle Verfahren und alle Rechenwege, die der Plan nennt, die ungünstigen auch, in seiner Reihenfolge.
#
# *All methods and all specifications that the plan names, the unfavourable ones too, in its order.*

# %%
specification_figure(opened.inputs, opened.outcome(INDICATOR), opened.language)

# %% [markdown]
# ## Ohne je einen Kreis / Without each Kreis in turn
#
# Hängt das Ergebnis an einem Ort? Gezeigt wird, wie weit die Schätzwerte reichen, nicht welcher Kreis es war: Ein Ergebnis für einen Ort ist das nicht.
#
# *Does the result hang on one place? Shown is how far the estimates reach, not which Kreis it was: this is no result of a place.*

# %%
each = replace(
    plan,
    estimators=(deciding(plan),),
    specifications=(Specification("without_each", without_each="unit"),),
    inference=plan.inference.estimates_only,
    audit=None,
    negative_controls=(),
)
without = run_outcome(study.panel, each, INDICATOR)
rows = without.sensitivity[without.sensitivity["parameter"].astype(str).str.startswith("without_each:")]
middle = (rows["conf_low"] + rows["conf_high"]) / 2
estimator, counted = deciding(plan).id, counted_aggregation(outcome, deciding(plan))
own = "indicator == @INDICATOR and estimator == @estimator and aggregation == @counted and term == 'att'"
whole, again = (table.query(own)["estimate"].item() for table in (opened.kept("estimates"), without.estimates))
assert abs(again - whole) < 1e-9
print(f"{len(rows)} mal / times: {middle.min():.3f} … {middle.max():.3f} ({whole:.3f})")

# %% [markdown]
# ## Wenn die Trends doch verschieden waren / If trends differed after all
#
# Rambachan und Roth (2023). M̄: Der Unterschied der Trends bewegt sich von Jahr zu Jahr höchstens M̄-mal so stark wie vor dem Beginn. M: Er knickt um
# höchstens M im Jahr. Dazu die Spanne, wenn je ein Kreis fehlt, auch wo der Plan danach nicht fragt.
#
# *Rambachan and Roth (2023). M̄: from year to year the difference of trends moves at most M̄ times as much as before the start. M: it bends by at most M a
# year. With the range when each Kreis is left out in turn, also where the plan does not ask for it.*

# %%
others = tuple(one for one in opened.inputs.specifications if not one.without_each)
shown = replace(
    opened.inputs,
    sensitivity=pd.concat([opened.inputs.sensitivity, rows]),
    specifications=(*others, SpecificationInfo("without_each", {}, without_each=True)),
)
sensitivity_figure(shown, opened.outcome(INDICATOR), opened.language)

# %% [markdown]
# ## Wo es kippt / Where it falls
#
# Das größte M̄ und das größte M, bei denen die Spanne null noch ausschließt, für das erste Jahr, das Mittel aller Jahre und, wo nicht alle zählen, das
# Mittel der gewerteten (`exposed`). Ein kleiner Wert heißt: Schon Unterschiede der Trends, wie sie vor dem Beginn zu sehen waren, könnten das Ergebnis allein
# erklären. `nan`: Null ist auch ohne jeden darin.
#
# *The largest M̄ and the largest M whose interval still excludes zero, for the first year, the mean of all years and, where not all count, the mean of those
# that do (`exposed`). A small value says: differences of trends such as were seen before the start could explain the result by themselves. `nan`: zero is in it
# without any.*

# %%
sample = sample_of(study.panel, plan, INDICATOR)
event = event_study_coefficients(sample, plan)
alpha = 1 - plan.inference.level
targets = {"first": event.first_effect(), "average": event.average_effect()}
if sample.earliest is not None:
    targets["exposed"] = exposed_weights(sample, event.event_times.tolist())[event.pre_periods :]
for target, weights in targets.items():
    for method, largest in (("breakdown", breakdown_relative_magnitudes), ("breakdown_smoothness", breakdown_smoothness)):
        found = largest(event, weights, alpha)
        np.testing.assert_allclose(
            found, kept.query("method == @method and target == @target")["conf_low"].item(), rtol=0, atol=1e-9
        )
        print(f"{method:22} {target:8} {found:.3f}")

# %% [markdown]
# Was der Test der Jahre davor sehen kann (Roth 2022): der Trend, den er in der Hälfte oder in vier von fünf Fällen findet, und was ein solcher Trend anrichtet,
# wenn der Test ihn durchlässt.
#
# *What the test of the years before can see (Roth 2022): the slope that it finds half the time or four times in five, and what such a slope does where the test
# lets it pass.*

# %%
print(
    kept[kept["method"].isin(["pre_trend_power", "bias_after_passing"])][["method", "parameter", "target", "conf_low"]]
    .round(3)
    .to_string(index=False)
)

# %% [markdown]
# ## Zum Weiterprobieren / To vary
#
# Andere Schranken: Ab welchem M̄ schließt die Spanne des ersten Jahres null ein? Nehmen Sie das Mittel aller Jahre, ein anderes Niveau, eine andere Kennzahl.
#
# *Other bounds: from which M̄ on does the interval of the first year hold zero? Take the mean of all years, another level, another indicator.*

# %%
for m_bar in (0.0, 0.25, 0.75, 1.25):
    interval = relative_magnitudes_interval(event, event.first_effect(), m_bar, alpha)
    print(f"M̄ {m_bar:4}: [{interval.low:.3f}, {interval.high:.3f}] {'0' if interval.holds(0.0) else ''}")
