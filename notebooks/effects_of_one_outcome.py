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
# # Wie entwickelt sich der Anteil ohne Abschluss?
#
# Eine Zielgröße vom Register bis zur Schätzung, mit denselben Funktionen wie der Jahreslauf: wer verglichen wird, wie sich beide
# Gruppen entwickeln, was geschätzt wird und was davor zu sehen war.
#
# *One outcome from the register to the estimate, with the same functions as the yearly run: who is compared, how both groups
# develop, what is estimated, and what was to be seen before the start.*
#
# Vorher einmal (*once before*):
#
# ```
# kkz-eval simulate --out build/modellwelt --seed 1
# kkz-eval run --inbox build/modellwelt/deliveries --home home --plan data_contracts/plans/modellwelt.yaml
# ```

# %% [markdown]
# ## Parameter / Parameters
#
# Ordner und Verträge kommen aus der Umgebung: `KKZ_HOME`, `KKZ_CONTRACTS` (sonst `home` und `data_contracts` der Installation).
#
# *Folder and contracts come from the environment: `KKZ_HOME`, `KKZ_CONTRACTS` (default: `home`, and `data_contracts` of the installation).*

# %%
import pandas as pd

from kkz_eval.evaluation.results import EstimateTable
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.settings import load_settings

PLAN = "modellwelt"
INDICATOR = "schulabgaenge_ohne_abschluss"

# %% [markdown]
# ## Wer mit wem verglichen wird / Who is compared with whom
#
# Teilweise beteiligte Kreise bleiben draußen (`left_out`); wer später begann, zählt hier zu keiner Gruppe (`later`).
#
# *Kreise treated in part are left out; those that began later belong to neither group here.*

# %%
settings = load_settings()
installation = open_installation(settings)
plan = installation.plans[PLAN]
study = Study(current_snapshot(installation), plan)
if study.simulated:
    print("SIMULIERTE DATEN, keine amtlichen Zahlen / SIMULATED DATA, no official figures\n")
groups = study.groups["group"].value_counts().rename("kreise").to_frame()
print(groups.to_string())

# %%
print(study.groups.loc[study.groups["group"] == "left_out", ["name", "reason"]].to_string(index=False))

# %% [markdown]
# ## Wie sich beide Gruppen entwickeln / How both groups develop
#
# Ungewichtetes Mittel der Kreise in Prozent der Schulabgänge. Der Unterschied der Niveaus ist kein Effekt: das Programm begann dort,
# wo der Bedarf größer war.
#
# *Unweighted mean over Kreise, per cent of school leavers. The difference in level is no effect: the programme began where need was greater.*

# %%
panel = study.panel[study.panel["indicator"] == INDICATOR].merge(study.groups[["unit_id", "group"]], on="unit_id")
compared = panel[panel["group"].isin(["treated", "reference"])]
trend = compared.pivot_table(index="year", columns="group", values="value", aggfunc="mean")
trend["difference"] = trend["treated"] - trend["reference"]
print(trend.round(2).to_string())

# %% [markdown]
# ## Was geschätzt wird / What is estimated
#
# Fixe Effekte für Kreise und Jahre, Standardfehler nach Kreisen gruppiert. Die Schätzung steht schon im Ordner, wenn der Jahreslauf
# sie gemacht hat; sonst wird sie jetzt gerechnet.
#
# *Fixed effects of Kreise and years, standard errors clustered by Kreis. Found in the folder if the yearly run made it, computed now if not.*

# %%
result = study.effects
estimates = result.estimates[result.estimates["indicator"] == INDICATOR]
att = estimates[(estimates["estimator"] == "twfe") & (estimates["term"] == "att")]
print(EstimateTable(att, settings.language))

# %% [markdown]
# ## Was davor zu sehen war / What was to be seen before the start
#
# Die Jahre vor dem Beginn sollten um null liegen. Tun sie es, ist der gleiche Trend beider Gruppen damit nicht bewiesen: kleine
# Abweichungen kann eine Auswertung mit so wenigen Kreisen nicht sehen.
#
# *The years before the start should lie around zero. If they do, parallel trends are not proven: with so few Kreise, small deviations stay unseen.*

# %%
event_study = estimates[(estimates["estimator"] == "es") & estimates["event_time"].notna()]
print(event_study[["event_time", "estimate", "conf_low", "conf_high"]].round(2).to_string(index=False))

# %%
tests = result.tests[result.tests["indicator"] == INDICATOR]
print(tests.to_string(index=False))

# %% [markdown]
# ## Was eingebaut war / What was planted
#
# Nur in der Modellwelt kennt man die Wahrheit: `build/modellwelt/truth_att.csv`, Ordner des Jahreslaufs daneben. In wirklichen Daten
# sagt keine Zahl dieses Heftes allein, dass das Programm gewirkt hat.
#
# *Only in the model world is the truth known: `build/modellwelt/truth_att.csv`. On real data no number of this notebook says by itself
# that the programme had an effect.*

# %%
summary = pd.Series(
    {
        "estimate": att["estimate"].iloc[0],
        "conf_low": att["conf_low"].iloc[0],
        "conf_high": att["conf_high"].iloc[0],
        "kreise": int(att["n_units"].iloc[0]),
    },
    name=INDICATOR,
)
print(summary.round(3).to_string())
