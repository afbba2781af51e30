"""The part on what parents said: take-up of services by group and by age of the child, over all municipalities that asked. Described."""

from __future__ import annotations

from collections.abc import Sequence

from kkz_eval.indicators.described import ALL, SURVEY, Described, TakeUp
from kkz_eval.model.texts import Language
from kkz_eval.reporting import disclosure, numbers, say
from kkz_eval.reporting.document import Block, Column, Paragraph, Parts, Section, Table, phrase
from kkz_eval.reporting.sections.parts import code_label

_OPPOSITES = (("arm", "nicht_arm"), ("zugewandert", "nicht_zugewandert"))  # who is one is not the other
FEWEST_ASKED = 30  # parents of whom a share is shown: of fewer, chance alone moves it by more than fifteen points


def survey_section(found: Described, smallest_cell: int, language: Language) -> tuple[Section, ...]:
    """Two tables, each where it has more than one column; () where nobody delivered a survey."""
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
    blocks: list[Block] = [Paragraph(phrase("prevention.survey.intro", language, year=year, **shown))]
    for cut, answers in (("group", of_all_ages), ("child_age", of_all_groups)):
        by_code = {(one.service, one.group if cut == "group" else one.child_age): one for one in answers}
        if len({code for _, code in by_code}) > 1:
            blocks.append(_shares(cut, by_code, found, smallest_cell, language))
    fewest = numbers.count("prevention.survey.fewest", FEWEST_ASKED, language)
    blocks.append(Paragraph(phrase("prevention.survey.note", language, fewest=fewest), "note"))
    return (Section("prevention-survey", phrase("prevention.survey.title", language), tuple(blocks)),)


def _shares(cut: str, answers: dict[tuple[str, str], TakeUp], found: Described, smallest_cell: int, language: Language) -> Table:
    """Users per hundred respondents. answers: by service and the code of the column."""
    counts = [(one.users, one.respondents) for one in answers.values()]
    released = disclosure.shares_released(counts, _wholes(list(answers)), smallest_cell)
    cells = {
        place: _share(one, may_leave, f"prevention.survey.{cut}.{'.'.join(place)}", language)
        for (place, one), may_leave in zip(answers.items(), released, strict=True)
    }
    codes = _in_order(found, cut, [code for _, code in answers])
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
        for service in _in_order(found, "service", [service for service, _ in answers])
    )
    return Table(f"prevention-survey-{cut}", phrase(f"prevention.survey.caption.{cut}", language), columns, rows)


def _wholes(places: list[tuple[str, str]]) -> list[tuple[list[int], int | None]]:
    """The answers that exclude each other, as shares_released takes them: by service, either of two opposite groups, or all ages."""
    found = []
    for service in dict.fromkeys(service for service, _ in places):
        at = {code: place for place, (of, code) in enumerate(places) if of == service}
        grouped = {code for pair in _OPPOSITES for code in pair}
        for codes in (*_OPPOSITES, tuple(code for code in at if code != ALL and code not in grouped)):
            found.append(([at[code] for code in codes if code in at], at.get(ALL)))
    return [whole for whole in found if whole[0]]


def _share(one: TakeUp, may_leave: bool, scope: str, language: Language) -> Parts:
    if one.respondents < FEWEST_ASKED:
        return phrase("prevention.survey.few", language)
    if not may_leave:
        return (disclosure.HIDDEN,)
    percent = numbers.count(f"{scope}.percent", round(100 * one.users / one.respondents), language)
    return phrase("prevention.survey.cell", language, percent=percent, n=numbers.count(f"{scope}.n", one.respondents, language))


def _in_order(found: Described, of: str, codes: Sequence[str]) -> list[str]:
    """The codes in the order of the contract, each once."""
    start = f"{SURVEY}.{of}."
    return [code for key in found.labels if key.startswith(start) and (code := key.removeprefix(start)) in codes]
