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
# # Und was ist mit meiner Kennzahl?
#
# *And what of an outcome of my own?*

# %% [markdown]
# ## Worauf alles beruht / What all rests on
#
# Die eingefrorenen Eingänge eines Laufs: Datenstand, Plan und seine Prüfsumme, und die Ausgabe des Berichts, die daraus wurde. Ohne Namen die neueste
# Ausgabe in `KKZ_HOME`; `SNAPSHOT` nimmt den Namen eines anderen Stands oder dessen Anfang. In den Ordner wird nichts geschrieben.
#
# *The frozen inputs of a run: state of the data, plan and its digest, and the edition of the report made of them. Without a name the newest edition in
# `KKZ_HOME`; `SNAPSHOT` takes the name of another state, or how it begins. Nothing is written into the folder.*

# %%
from kkz_eval.evaluation.examination.chance import names_of
from kkz_eval.evaluation.examination.seen import seen_of
from kkz_eval.evaluation.headline import deciding
from kkz_eval.evaluation.lock import Standing
from kkz_eval.evaluation.plan import Outcome
from kkz_eval.evaluation.results import EstimateTable
from kkz_eval.line.reopened import reopen
from kkz_eval.line.report import report_inputs
from kkz_eval.line.study_figures import audit_figure
from kkz_eval.line.verdicts import verdicts_of, with_verdicts
from kkz_eval.reporting.claims import find
from kkz_eval.reporting.sections.changed import trend_figure

PLAN, SNAPSHOT = "modellwelt", ""
opened = reopen(PLAN, SNAPSHOT)
print(opened)

# %% [markdown]
# ## 1. Die Kennzahl / The indicator
#
# Ein Eintrag, wie er in `data_contracts/indicators.yaml` stünde: was sie ist, in welcher Einheit, aus welchem Datensatz. Die Quelle muss amtlich sein: Wer
# nicht teilnimmt, liefert nichts, und ein Effekt braucht beide Gruppen aus einer Quelle.
#
# *An entry as it would stand in `data_contracts/indicators.yaml`: what it is, in which unit, from which dataset. The source has to be official: who does not
# take part delivers nothing, and an effect needs both groups from one source.*

# %%
OWN = "mittlerer_abschluss"
ENTRY = """
mittlerer_abschluss:
  label: {de: "Schulabgänge mit mittlerem Abschluss", en: "School leavers with the intermediate certificate"}
  unit: {de: "Prozent der Schulabgänge", en: "per cent of school leavers"}
  difference_unit: {de: "Prozentpunkte", en: "percentage points"}
  decimals: 2
  stage: secondary
  sources:
    - dataset: schulabgaenge_amtlich
      numerator: {measure: leavers, where: {certificate: mittlerer_abschluss, sex: insgesamt, nationality: insgesamt}}
      denominator: {measure: leavers, where: {certificate: insgesamt, sex: insgesamt, nationality: insgesamt}}
      per: 100
"""

# %% [markdown]
# ## 2. Eine Variante des Plans / A variant of the plan
#
# Alles wie im Plan, nur eine andere Zielgröße. Sie hat einen eigenen Namen und sagt, wovon sie abweicht: Was nicht vorher festgelegt war, ist eine Erkundung,
# und jeder Bericht daraus sagt es.
#
# *All as in the plan but for another outcome. It has a name of its own and says what it departs from: what was not laid down before is an exploration, and every
# report of it says so.*

# %%
plan = opened.plan
own = opened.asked_otherwise(
    "meine-frage",
    catalogue=ENTRY,
    outcomes=(Outcome(OWN, role="primary", window=plan.outcomes[0].window),),
    sources={**plan.sources, OWN: "schulabgaenge_amtlich"},
    negative_controls=(),
    registered=None,
)
assert own.conformity.standing is Standing.EXPLORATORY
print("\n".join(sentence.in_language(opened.language) for sentence in own.conformity.sentences[:3]))

# %% [markdown]
# ## 3. Erst: Was könnte man sehen? / First: what could be seen?
#
# Vor jedem Schätzwert: der kleinste Unterschied, den dieser Vergleich meist erkennt. Ist er größer als alles, was zählt, lohnt der Rest nicht.
#
# *Before any estimate: the smallest difference that this comparison mostly detects. If it is larger than all that matters, the rest is not worth it.*

# %%
seen = seen_of(own.panel, own.plan, own.plan.outcomes[0])
print(f"{seen.mde:.2f} ({100 * seen.power:.0f} %, {seen.first}–{seen.last})")

# %% [markdown]
# ## 4. Trägt der Vergleich? / Does the comparison stand?

# %%
effects = own.effects
audit_figure(own, effects.audit, OWN, opened.language)

# %% [markdown]
# ## 5. Dann erst: der Schätzwert / Only then: the estimate

# %%
print(EstimateTable(effects.estimates.query("term == 'att' and aggregation in ('coefficient', 'simple')"), opened.language))
estimator, within = deciding(own.plan).id, names_of(own.plan.comparison.within)
found = effects.power.query("estimator == @estimator and within == @within and theta == @seen.theta")
assert abs(found["mde"].item() - seen.mde) < 1e-9

# %%
inputs = report_inputs(own, effects)
trend_figure(inputs, inputs.outcomes[0], opened.language)

# %% [markdown]
# ## 6. Was man sagen darf, und was nicht / What may be said, and what not
#
# Den Satz bildet die Regel, nicht die Hoffnung: aus dem Urteil, der Spanne und der Einstufung. Was niemand sagen darf, findet die Prüfung der Sätze, auch in
# einem Text, den Sie selbst schreiben (`kkz-eval lint-text`). Nicht behauptet werden darf auch: dass diese Kennzahl vorher feststand; dass sie die einzige
# war, die Sie ansahen; etwas über einzelne Orte oder einzelne Kinder.
#
# *The rule makes the sentence, not hope: from verdict, range and rating. What nobody may say is found by the check of sentences, in a text of your own too
# (`kkz-eval lint-text`). Nor may be claimed: that this outcome was laid down before; that it was the only one that you looked at; anything of single places or
# children.*

# %%
told = with_verdicts(own, effects, verdicts_of(own, effects)).verdicts.iloc[0]
print(told["message"])

# %% [markdown]
# ## Zum Weiterprobieren / To vary
#
# Schreiben Sie Ihren eigenen Satz, und nehmen Sie einen anderen Abschluss: `fachhochschulreife`, `hauptschulabschluss`. Was davon hätten Sie vorher
# erwartet? Genau das gehört in einen Plan, bevor er festgelegt wird (`kkz-eval plan lock`).
#
# *Write a sentence of your own, and take another certificate: `fachhochschulreife`, `hauptschulabschluss`. Which of it would you have expected before? Just
# that belongs into a plan before it is locked (`kkz-eval plan lock`).*

# %%
for hit in find("Das Programm wirkt: Der Anteil mit mittlerem Abschluss stieg, weil die Kommunen teilnahmen."):
    print(hit)
