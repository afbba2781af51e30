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
# # Waren die Gruppen vergleichbar, und trägt der Vergleich?
#
# *Were the groups alike, and does the comparison stand?*

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

import pandas as pd

from kkz_eval.evaluation.effects import run_outcome
from kkz_eval.evaluation.plan import Comparison
from kkz_eval.line.audits import tried
from kkz_eval.line.reopened import reopen
from kkz_eval.line.study_figures import audit_figure
from kkz_eval.reporting.sections.comparable import balance_figure

PLAN, SNAPSHOT, INDICATOR = "modellwelt", "", "betreuungsquote_u3"
opened = reopen(PLAN, SNAPSHOT)
study, plan = opened.study, opened.plan
print(opened)

# %% [markdown]
# ## Wer mit wem / Who with whom
#
# Teilweise beteiligte Kreise bleiben draußen, mit Grund; wer später begann, zählt hier zu keiner Gruppe.
#
# *Kreise treated in part are left out, with the reason; those that began later belong to neither group here.*

# %%
print(study.groups["group"].value_counts().to_string())
print(study.groups.loc[study.groups["group"] == "left_out", ["name", "reason"]].to_string(index=False))

# %% [markdown]
# ## Vor dem Beginn / Before the start
#
# Abstände in Standardabweichungen: bis 0,05 unbedenklich, bis 0,25 auszugleichen, darüber zu groß. Ein Abstand im Niveau ist kein Effekt; er ist auch
# keiner, den ein Vergleich von Veränderungen schon deshalb fürchten muss.
#
# *Distances in standard deviations: up to 0.05 harmless, up to 0.25 to be adjusted for, too large above. A distance in level is no effect; nor is it by
# itself one that a comparison of changes has to fear.*

# %%
balance = study.matched.balance
kept = opened.kept("design_balance")
assert (balance["smd"] - kept["smd"]).abs().max() < 1e-9
balance_figure(opened.inputs, opened.language)

# %%
print(balance[["indicator", "measure", "smd", "overlap", "n_treated", "n_reference"]].round(2).to_string(index=False))

# %% [markdown]
# Alle Abstände in einem Test (Hansen und Bowers), nach dem Zufall, den der Plan annimmt. Er entscheidet nichts.
#
# *All distances in one test (Hansen and Bowers), by the chance that the plan takes for possible. It decides nothing.*

# %%
together = study.omnibus
print("–" if together is None else f"{together.statistic:.1f}, df {together.df}, p {together.p:.3f}")

# %% [markdown]
# ## Trägt der Vergleich? / Does the comparison stand?
#
# Dieselbe Rechnung, als wäre das Programm anders verteilt worden: In wie vielen Zuordnungen fände der 5-Prozent-Test einen Unterschied, wo keiner ist?
# `blind`: nur Jahre und Kreise ohne Programm; auch für die Vergleiche, die der Plan daneben nennt. Hier sieht man, warum er Art und Bedarf gleich hält.
#
# *The same calculation as if the programme had gone elsewhere: in how many assignments would the 5 % test find a difference where there is none? `blind`:
# years and Kreise without any programme; also for the comparisons that the plan names beside its own. Here one sees why it holds kind and need fixed.*

# %%
audit = opened.kept("audit")
audit_figure(study, audit, INDICATOR, opened.language)

# %%
now = study.effects.audit
assert (now["size"] - audit["size"]).abs().max() < 1e-9
print("\n".join(one.sentence.in_language(opened.language) for one in tried(now, plan)))

# %% [markdown]
# ## Zum Weiterprobieren / To vary
#
# Nur die Art gleich halten, nicht den Bedarf: Was sagt die Prüfung, und was wird aus dem Schätzwert? Nehmen Sie eine andere Kennzahl, eine andere
# Spalte, gar keine. Was besser aussieht, ist deshalb nicht der richtige Vergleich: Der steht im Plan, bevor man Ergebnisse kennt.
#
# *Hold kind fixed alone, not need: what does the audit say, and what becomes of the estimate? Take another indicator, another column, none at all. What looks
# better is not for that reason the right comparison: that stands in the plan before results are known.*

# %%
variant = replace(plan, comparison=Comparison(within=("kind",)), estimators=plan.estimators[:1], specifications=())
other = run_outcome(study.panel, variant, INDICATOR)
columns = ["form", "within", "adjust", "theta", "size"]
print(
    pd.concat([now[now["indicator"] == INDICATOR], other.audit])[columns].query("form == 'full'").round(3).to_string(index=False)
)
