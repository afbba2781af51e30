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
# # Was wurde geliefert, was fehlt, und was kostet es?
#
# *What was delivered, what is missing, and what does it cost?*

# %% [markdown]
# ## Worauf alles beruht / What all rests on
#
# Die eingefrorenen Eingänge eines Laufs: Datenstand, Plan und seine Prüfsumme, und die Ausgabe des Berichts, die daraus wurde. Ohne Namen die neueste
# Ausgabe in `KKZ_HOME`; `SNAPSHOT` nimmt den Namen eines anderen Stands oder dessen Anfang. In den Ordner wird nichts geschrieben.
#
# *The frozen inputs of a run: state of the data, plan and its digest, and the edition of the report made of them. Without a name the newest edition in
# `KKZ_HOME`; `SNAPSHOT` takes the name of another state, or how it begins. Nothing is written into the folder.*

# %%
import json

import pandas as pd

from kkz_eval.evaluation.examination.gaps import gaps_seen
from kkz_eval.line.gap_costs import gap_costs
from kkz_eval.line.reopened import reopen
from kkz_eval.line.report import accepted_contents
from kkz_eval.line.study_figures import delivered_figure, delivered_tiles
from kkz_eval.line.tracing import cells_behind

PLAN, SNAPSHOT = "modellwelt", ""
INDICATOR, UNIT, YEAR = "schulabgaenge_ohne_abschluss", "05112", 2015
opened = reopen(PLAN, SNAPSHOT)
snapshot, study = opened.study.snapshot, opened.study
print(opened)

# %% [markdown]
# ## Was da ist / What is there
#
# Je Datensatz und Jahr: von wie vielen Kommunen, die liefern sollten, eine Lieferung gilt. Wer beteiligt ist, schuldet die Jahre ab dem Beitritt.
#
# Wo keine Kommune etwas schuldet oder schickte, steht keine Zeile da.
#
# *By dataset and year: of how many municipalities that owe one a delivery holds. Who takes part owes the years since joining. Where no municipality owes or
# sent anything, there is no row.*

# %%
tiles = pd.DataFrame(delivered_tiles(snapshot, opened.language), columns=["title", "year", "owed", "held"])
print(tiles.groupby("title", sort=False)[["held", "owed"]].sum().to_string())

# %%
delivered_figure(snapshot, opened.language) if len(tiles) else None

# %% [markdown]
# Ein Bericht hält fest, auf welchen Lieferungen er beruht. Es sind die, die der Datenstand annimmt.
#
# *A report keeps on record which deliveries it rests on: those that the state of the data accepts.*

# %%
accepted = accepted_contents(snapshot)
assert accepted == set(json.loads(opened.kept_file("sources.json"))["deliveries"])
print(f"{len(accepted)} Lieferungen / deliveries")

# %% [markdown]
# ## Von einer Zahl zu ihren Zellen / From a number to its cells
#
# Ein Wert einer amtlichen Reihe, die Zellen, aus denen er kommt, mit Datei und Adresse, und die Rechnung. Was Kommunen selbst liefern, gehört nicht
# hierher: kleine Zahlen stehen nur da, wo ihr Schutz geprüft ist.
#
# *A value of an official series, the cells it comes from, with file and address, and the arithmetic. What municipalities deliver of their own has no place
# here: small numbers stand only where their protection is checked.*

# %%
value = opened.value(INDICATOR, UNIT, YEAR)
cells = cells_behind(study, study.plan.outcome(INDICATOR)).query("unit_id == @UNIT and year == @YEAR")
print(cells[["part", "delivered", "file", "cell"]].to_string(index=False))
whole = cells["part"].str.contains("certificate=insgesamt")
above, below = (pd.to_numeric(cells.loc[rows, "delivered"]).sum() for rows in (~whole, whole))
if whole.any():  # an indicator of another kind is computed otherwise: its cells stand above
    assert abs(100 * above / below - value) < 1e-9
    print(f"100 · {above:g} / {below:g} = {value:.2f}")

# %% [markdown]
# ## Was fehlt, und was es kostet / What is missing, and what it costs
#
# Wo Werte fehlen, wird der kleinste Unterschied größer, den der Vergleich meist erkennt: `mde` mit den Lücken, `filled` ohne sie.
#
# *Where values are missing, the smallest difference grows that the comparison mostly detects: `mde` with the gaps, `filled` without them.*

# %%
coverage = pd.DataFrame(study.coverage)
print(coverage[["indicator", "group", "present", "demanded"]].to_string(index=False))
costs = gap_costs(snapshot)
print(f"{len(costs.gaps)} Lücken / gaps")
for outcome in costs.outcomes:
    print(outcome.indicator, outcome.cells, outcome.mde, outcome.filled)

# %% [markdown]
# Der Bericht rechnet mit ebendiesen Werten.
#
# *The report computes with these very values.*

# %%
kept = opened.kept("estimates").query("indicator == @INDICATOR and estimator == 'twfe' and term == 'att'")
compared = study.groups.loc[study.groups["group"].isin(["treated", "reference"]), "unit_id"]
used = study.panel.query("indicator == @INDICATOR and unit_id in @compared")["value"].notna().sum()
assert (kept["n_cells"] == used).all()
print(f"{used} Werte / values")

# %% [markdown]
# ## Zum Weiterprobieren / To vary
#
# Einem beteiligten Kreis fehlen die letzten drei Jahre: Wie viel größer wird der kleinste erkennbare Unterschied? Nehmen Sie einen anderen Kreis, andere
# Jahre, einen der Vergleichsgruppe.
#
# *A Kreis that takes part lacks its last three years: by how much does the smallest detectable difference grow? Take another Kreis, other years, one of the
# reference group.*

# %%
without = study.panel.copy()
without.loc[(without["unit_id"] == UNIT) & (without["year"] > 2016), "value"] = float("nan")
seen = gaps_seen(without, study.plan, study.plan.outcome(INDICATOR))
print(f"{seen.filled:.3f} → {seen.mde:.3f}")
