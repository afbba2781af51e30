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
# # Woher kommt dieser eine Schätzwert?
#
# *Where does this one estimate come from?*

# %% [markdown]
# ## Worauf alles beruht / What all rests on
#
# Die eingefrorenen Eingänge eines Laufs: Datenstand, Plan und seine Prüfsumme, und die Ausgabe des Berichts, die daraus wurde. Ohne Namen die neueste
# Ausgabe in `KKZ_HOME`; `SNAPSHOT` nimmt den Namen eines anderen Stands oder dessen Anfang. In den Ordner wird nichts geschrieben.
#
# *The frozen inputs of a run: state of the data, plan and its digest, and the edition of the report made of them. Without a name the newest edition in
# `KKZ_HOME`; `SNAPSHOT` takes the name of another state, or how it begins. Nothing is written into the folder.*

# %%
import numpy as np
import pandas as pd

from kkz_eval.evaluation.effects import sample_of
from kkz_eval.evaluation.examination.block import block_of
from kkz_eval.evaluation.examination.chance import against_chance, exchanges
from kkz_eval.evaluation.examination.contrasts import after_less_before
from kkz_eval.evaluation.examination.outcome import counted_aggregation, seed_of
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.inference.statistics import left_of, residuals_of
from kkz_eval.line.reopened import reopen
from kkz_eval.line.study_figures import partial_regression_figure
from kkz_eval.line.verdicts import verdicts_of
from kkz_eval.reporting.sections.changed import trend_figure
from kkz_eval.reporting.sections.difference import event_study_figure
from kkz_eval.reporting.sections.robustness_figures import chance_figure

PLAN, SNAPSHOT, INDICATOR = "modellwelt", "", "schulabgaenge_ohne_abschluss"
opened = reopen(PLAN, SNAPSHOT)
study, plan, outcome = opened.study, opened.plan, opened.plan.outcome(INDICATOR)
estimator, counted = deciding(plan).id, counted_aggregation(outcome, deciding(plan))
estimates = opened.kept("estimates").query("indicator == @INDICATOR and estimator == @estimator and term == 'att'")
kept = estimates.query("aggregation == @counted").iloc[0]
print(opened)
print(f"{kept['estimate']:.4f} [{kept['conf_low']:.4f}, {kept['conf_high']:.4f}]")

# %% [markdown]
# ## Was sich verändert hat / What changed
#
# Mittel beider Gruppen. Der Unterschied der Niveaus ist kein Effekt: Das Programm begann dort, wo der Bedarf größer war.
#
# *Means of both groups. The difference in level is no effect: the programme began where need was greater.*

# %%
trend_figure(opened.inputs, opened.outcome(INDICATOR), opened.language)

# %% [markdown]
# ## Aus vielen Jahren eine Zahl je Kreis / From many years one number for each Kreis
#
# Wo kein Wert fehlt und alle im selben Jahr beginnen, ist die Schätzung mit fixen Effekten ein Vergleich von einer Zahl je Kreis: Mittel der Jahre, die
# zählen, weniger Mittel davor. Es zählen alle ab dem Beginn oder, wo der Plan es sagt, die ab dem Jahr, in dem ein Unterschied frühestens zu sehen wäre.
#
# *Where no value is missing and all start in one year, the estimate with fixed effects is a comparison of one number for each Kreis: mean of the years that
# count less the mean before. All years count from the start on or, where the plan says so, from the first in which a difference could be seen.*

# %%
block = block_of(sample_of(study.panel, plan, INDICATOR))
units = block.compared
change = block.outcome @ after_less_before(block, counted)
print(pd.DataFrame({"treated": units.treated_by_stratum, "units": units.units_by_stratum}).to_string())
print(
    f"{change[units.treated].mean():.3f} − {change[~units.treated].mean():.3f} = {change[units.treated].mean() - change[~units.treated].mean():.3f}"
)

# %% [markdown]
# ## Gleiches mit Gleichem / Like with like
#
# Der Plan hält gleich, was unter `comparison` steht. Nimmt man das aus Teilnahme und Veränderung heraus (Frisch, Waugh und Lovell), ist der Schätzwert die
# Steigung durch die Punkte, die übrig bleiben.
#
# *The plan holds fixed what stands under `comparison`. Taken out of taking part and of the change (Frisch, Waugh and Lovell), the estimate is the slope
# through the points that remain.*

# %%
(left,) = left_of(units.treated[None], units)
rest = residuals_of(change, units)
coefficient = left @ rest / (left @ left)
assert abs(coefficient - kept["estimate"]) < 1e-9
print(f"{coefficient:.10f}")
partial_regression_figure(study, INDICATOR, left, rest, units.treated, opened.language)

# %% [markdown]
# ## Jahr für Jahr / Year by year
#
# Die Jahre vor dem Beginn sollten um null liegen. Tun sie es, ist gleicher Trend damit nicht bewiesen: Kleine Abweichungen sieht ein Vergleich so weniger
# Kreise nicht.
#
# *The years before the start should lie around zero. If they do, parallel trends are not proven: a comparison of so few Kreise does not see small deviations.*

# %%
event_study_figure(opened.inputs, opened.outcome(INDICATOR), opened.language)

# %% [markdown]
# ## Was der Zufall hätte tun können / What chance could have done
#
# Derselbe Schätzwert unter jeder Zuordnung innerhalb der Art, die wahrscheinlicher, die dem Bedarf nach näher liegt.
#
# *The same estimate under every assignment within kind, the more probable the closer it is to need.*

# %%
exchange = exchanges(block, plan)[-1]
chance = against_chance(change, exchange, exchange.law_that_counts(plan), plan, seed_of(outcome))
kept_chance = (
    opened.kept("inference")
    .query(
        "indicator == @INDICATOR and estimator == @estimator and aggregation == @counted and statistic == 'coefficient'"
        " and within == @exchange.within and theta == @plan.theta_that_counts"
    )
    .iloc[0]
)
assert abs(chance.observed - coefficient) < 1e-9
assert abs(chance.p - kept_chance["p_value"]) < 1e-9
print(f"{chance.n_assignments:,}: p = {chance.p:.4f}")
chance_figure(opened.inputs, opened.outcome(INDICATOR), opened.language)

# %% [markdown]
# ## Das Urteil / The verdict
#
# Nach der Tabelle in `kkz_eval/evaluation/verdict/rules.yaml`: die erste Zeile, die zutrifft.
#
# *By the table in `kkz_eval/evaluation/verdict/rules.yaml`: the first row that applies.*

# %%
verdict = verdicts_of(study, study.effects)[INDICATOR]
told = opened.kept("verdicts").query("indicator == @INDICATOR").iloc[0]
assert verdict.code == told["verdict"]
print(told["message"])

# %% [markdown]
# ## Zum Weiterprobieren / To vary
#
# Ohne den Bedarf: dieselben Punkte, nur innerhalb der Art verglichen. Nehmen Sie `without_strata()` dazu oder stattdessen, und eine andere Kennzahl. Was
# dann dasteht, ist eine Erkundung, kein Ergebnis.
#
# *Without need: the same points, compared within kind alone. Take `without_strata()` too, or in its place, and another indicator. What then stands there is
# an exploration, no result.*

# %%
other = units.without_baseline()
(left_otherwise,) = left_of(other.treated[None], other)
rest_otherwise = residuals_of(change, other)
print(f"{coefficient:.3f} → {np.dot(left_otherwise, rest_otherwise) / np.dot(left_otherwise, left_otherwise):.3f}")
