"""A sentence of another catalogue as parts of a page: its numbers become numbers that can be traced. No wording of its own."""

from __future__ import annotations

from kkz_eval.evaluation.verdict.sentences import Shown, ShownP, ShownYear
from kkz_eval.model.texts import Joined, Language, Localised, Sentence
from kkz_eval.reporting.document import Inline, Number, Parts, Quoted
from kkz_eval.reporting.numbers import measured, p_value, year

_MARK = "\x00"


def parts_of(said: Localised, scope: str, language: Language) -> Parts:
    """The words in that language. scope: beginning of the identifiers of the numbers in it, used for nothing else.

    Raises KeyError as the sentence itself does.
    """
    if isinstance(said, Joined):
        parts: list[Inline] = []
        for position, part in enumerate(said.parts, start=1):
            between = parts_of(said.between, scope, language) if isinstance(said.between, Localised) else (str(said.between),)
            parts += [*(between if parts else ()), *_inserted(part, f"{scope}-{position}", language)]
        return tuple(parts)
    if isinstance(said, Sentence):
        marked = {name: f"{_MARK}{name}{_MARK}" for name in said.parameters}
        pieces = Sentence(said.package, said.key, marked).in_language(language).split(_MARK)
        shown: list[Inline] = []
        for index, piece in enumerate(pieces):
            if index % 2:
                shown += _inserted(said.parameters[piece], f"{scope}-{piece}", language)
            elif piece:
                shown.append(piece)
        return tuple(shown)
    return (Quoted(said.in_language(language)),)


def _inserted(parameter: object, identifier: str, language: Language) -> Parts:
    if isinstance(parameter, Shown):
        return (_number(parameter, identifier, language),)
    if isinstance(parameter, Localised):
        return parts_of(parameter, identifier, language)
    return (Quoted(str(parameter)),)


def _number(shown: Shown, identifier: str, language: Language) -> Number:
    if isinstance(shown, ShownYear):
        return year(identifier, shown.value)
    if isinstance(shown, ShownP):
        return p_value(identifier, shown.value, language)
    return measured(identifier, shown.value, shown.decimals, language)
