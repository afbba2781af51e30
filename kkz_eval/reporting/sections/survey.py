"""The part on what parents said: who uses a service, by group and by age of the child, and who knows of it, over all municipalities that asked.

Described only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kkz_eval.indicators.described import ALL, SURVEY, Described, TakeUp
from kkz_eval.model.texts import Language
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import Block, Column, Paragraph, Parts, Section, Table, join, phrase
from kkz_eval.reporting.sections.parts import code_label

_OPPOSITES = (("arm", "nicht_arm"), ("zugewandert", "nicht_zugewandert"))  # who is one is not the other
_Place = tuple[str, str]  # service, and group or age
_Share = tuple[float, float]  # those who say so, and all who answered
FEWEST_ASKED = 30  # parents of whom a share is shown: of fewer, chance alone moves it by more than fifteen points


def survey_section(found: Described, smallest_cell: int, language: Language) -> tuple[Section, ...]:
    """A table of users by group and one by age, each where it has more than one column, and one of those who know of a service, where that was
    asked; () where nobody delivered a survey."""
    if not found.survey:
        return ()
    of_all_ages = [one for one in found.survey if one.child_age == ALL]
    of_all_groups = [one for one in found.survey if one.group == ALL]
    told = {
        "units": max(one.units for one in found.survey),
        "owed": len(found.units),
        "n": round(max(one.respondents for one in found.survey)),
    }
    shown = {name: numbers.count(f"prevention.survey.{name}", n, language) for name, n in told.items()}
    year = numbers.year("prevention.survey.year", found.survey[0].year)
    intro = phrase("prevention.survey.intro", language, year=year, **shown)
    blocks: list[Block] = [Paragraph(join(intro, _response(found, smallest_cell, language)))]
    by_group = {(one.service, one.group): one for one in of_all_ages}
    by_age = {(one.service, one.child_age): one for one in of_all_groups}
    for cut, answers in (("group", by_group), ("child_age", by_age)):
        if len({code for _, code in answers}) > 1:
            users = {place: (one.users, one.respondents) for place, one in answers.items()}
            blocks.append(_shares(cut, cut, users, _released(users, smallest_cell), found, language))
    aware = {place: one for place, one in by_group.items() if one.aware_of}
    if aware:
        blocks.append(_aware(aware, found, smallest_cell, language))
    fewest = numbers.count("prevention.survey.fewest", FEWEST_ASKED, language)
    blocks.append(Paragraph(phrase("prevention.survey.note", language, fewest=fewest), "note"))
    return (Section("prevention-survey", phrase("prevention.survey.title", language), tuple(blocks)),)


def _response(found: Described, smallest_cell: int, language: Language) -> Parts:
    """How many of those invited answered, where municipalities say so and no small count is given away."""
    of = found.response
    if of is None or not all(disclosure.rates_released([(of.answered, of.invited)], smallest_cell)):
        return ()
    told = {"units": of.units, "invited": round(of.invited), "percent": round(100 * of.answered / of.invited)}
    shown = {name: numbers.count(f"prevention.survey.response.{name}", n, language) for name, n in told.items()}
    return phrase("prevention.survey.response", language, **shown)


def _aware(answers: Mapping[_Place, TakeUp], found: Described, smallest_cell: int, language: Language) -> Table:
    """Those who know of a service. Hidden, too, where they are a few more or fewer than its users, whom another table shows of the same parents."""
    counts = {place: (one.aware, one.aware_of) for place, one in answers.items()}
    released = {
        place: may_leave and not (one.aware_of == one.respondents and 0 < abs(one.aware - one.users) < smallest_cell)
        for (place, one), may_leave in zip(answers.items(), _released(counts, smallest_cell).values(), strict=True)
    }
    return _shares("aware", "group", counts, released, found, language)


def _released(counts: Mapping[_Place, _Share], smallest_cell: int) -> dict[_Place, bool]:
    """Which shares may leave."""
    released = disclosure.shares_released(list(counts.values()), _wholes(list(counts)), smallest_cell)
    return dict(zip(counts, released, strict=True))


def _shares(
    name: str, cut: str, counts: Mapping[_Place, _Share], released: Mapping[_Place, bool], found: Described, language: Language
) -> Table:
    """Of a hundred respondents so many. counts: part and whole by service and the code of the column; cut: what the columns are of."""
    cells = {
        place: _share(*of, released[place], f"prevention.survey.{name}.{'.'.join(place)}", language)
        for place, of in counts.items()
    }
    codes = _in_order(found, cut, [code for _, code in counts])
    columns = (
        Column(say("prevention.column.service").in_language(language)),
        *(Column(code_label(found, f"{SURVEY}.{cut}.{code}", language).text) for code in codes),
    )
    not_asked = phrase("prevention.not_asked", language)
    rows = tuple(
        (
            (code_label(found, f"{SURVEY}.service.{service}", language),),
            *(cells.get((service, code), not_asked) for code in codes),
        )
        for service in _in_order(found, "service", [service for service, _ in counts])
    )
    return Table(f"prevention-survey-{name}", phrase(f"prevention.survey.caption.{name}", language), columns, rows)


def _wholes(places: list[tuple[str, str]]) -> list[tuple[list[int], int | None]]:
    """The answers that exclude each other, as shares_released takes them: by service, either of two opposite groups, or all ages."""
    found = []
    for service in dict.fromkeys(service for service, _ in places):
        at = {code: place for place, (of, code) in enumerate(places) if of == service}
        grouped = {code for pair in _OPPOSITES for code in pair}
        for codes in (*_OPPOSITES, tuple(code for code in at if code != ALL and code not in grouped)):
            found.append(([at[code] for code in codes if code in at], at.get(ALL)))
    return [whole for whole in found if whole[0]]


def _share(part: float, whole: float, may_leave: bool, scope: str, language: Language) -> Parts:
    if whole < FEWEST_ASKED:
        return phrase("prevention.survey.few", language)
    if not may_leave:
        return (disclosure.HIDDEN,)
    percent = numbers.count(f"{scope}.percent", round(100 * part / whole), language)
    return phrase("prevention.survey.cell", language, percent=percent, n=numbers.count(f"{scope}.n", whole, language))


def _in_order(found: Described, of: str, codes: Sequence[str]) -> list[str]:
    """The codes in the order of the contract, each once."""
    start = f"{SURVEY}.{of}."
    return [code for key in found.labels if key.startswith(start) and (code := key.removeprefix(start)) in codes]
