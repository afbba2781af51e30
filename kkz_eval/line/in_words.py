"""What the estimators say, in the words of the catalogue: their panel has columns and keys of units, people read names.

Belongs here: putting names for keys, where a result is shown. Does not belong here: the results themselves, whose columns are named as the panel's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kkz_eval.evaluation.baseline import cells_named
from kkz_eval.evaluation.estimators.methods import REPORTED_METHODS
from kkz_eval.evaluation.plan import Plan
from kkz_eval.evaluation.results import EffectsResult
from kkz_eval.indicators.catalogue import Indicator
from kkz_eval.line import say
from kkz_eval.model.texts import LANGUAGES, Language, Localised, Wording
from kkz_eval.reference.tables import unit_label
from kkz_eval.reporting import say as say_of_reports

_YEARS = r"(?::[0-9]{4}(?:-[0-9]{4})?)?"


@dataclass(frozen=True)
class InWords(Localised):
    """A text of the results, the keys in it by name. units: keys that may be in it; methods: of the estimators whose id may stand in brackets."""

    text: Localised
    catalogue: Mapping[str, Indicator]
    units: tuple[str, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: Language) -> str:
        """The words. An indicator is quoted, once, with the years of which a column is the mean."""
        text = self.text.in_language(language)
        for estimator, method in self.methods.items():
            if method in REPORTED_METHODS:
                text = text.replace(f"({estimator})", f"({say_of_reports(f'methods.{method}').in_language(language)})")
        names = "|".join(re.escape(name) for name in sorted(self.catalogue, key=len, reverse=True))
        if names:
            text = re.sub(
                rf"[„“]?(?<!\w)((?:{names}){_YEARS})(?![\w-])[“”]?", lambda found: self._column(found[1], language), text
            )
        units = "|".join(re.escape(unit) for unit in self.units)
        return re.sub(rf"(?<!\w)(?:{units})(?!\w)", lambda found: unit_label(found[0]), text) if units else text

    def _column(self, name: str, language: Language) -> str:
        cells = cells_named(name)
        label = Wording(self.catalogue[name if cells is None else cells.indicator].label)
        if cells is None:
            return say("in_words.indicator", label=label).in_language(language)
        key = "in_words.year" if cells.first == cells.last else "in_words.years"
        return say(key, label=label, first=cells.first, last=cells.last).in_language(language)


def checked_in_words(text: Localised, plan: Plan, catalogue: Mapping[str, Indicator]) -> InWords:
    """What a check of a plan says, outcomes and estimators by name."""
    return InWords(text, catalogue, methods={estimator.id: estimator.method for estimator in plan.estimators})


def with_words(effects: EffectsResult, catalogue: Mapping[str, Indicator], units: Iterable[str]) -> EffectsResult:
    """The same result, whose messages name indicators and units by words, in every language; in all other tables they stand as they were."""
    own = tuple(units)
    messages = effects.messages.copy()
    for language in LANGUAGES:
        messages[language] = [
            InWords(Wording({language: str(text)}), catalogue, own).in_language(language) for text in messages[language]
        ]
    return replace(effects, messages=messages.astype(effects.messages.dtypes))
