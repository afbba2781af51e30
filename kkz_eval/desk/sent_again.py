"""A form that was refused: why, and what was typed into it, so that it stands there again.

Belongs here: which form of a page it is, and what its fields held. Does not belong here: what is refused (pages), how a page is made (desk).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from kkz_eval.desk import say
from kkz_eval.model.texts import Localised, Sentence

ANCHOR = "nochmal"
"""Of the form that somebody had sent, on the page that shows it again."""


@dataclass(frozen=True)
class SentAgain:
    """What a form of a page holds when it is shown. fields: as they were sent, None where it is not the one that was refused."""

    fields: Mapping[str, tuple[str, ...]] | None

    def __bool__(self) -> bool:
        return self.fields is not None

    def typed(self, name: str, otherwise: str = "") -> str:
        """What stands in a field: what was typed, else what the page has for it."""
        return otherwise if self.fields is None else next(iter(self.fields.get(name, ())), "")

    def is_chosen(self, name: str, value: str) -> bool:
        """Whether a box is ticked: as it was sent, at first always."""
        return self.fields is None or value in self.fields.get(name, ())


@dataclass
class RefusedForm:
    """A form that was refused. said: why; path: where it was sent; fields: what it held; typed: names of the fields that are typed into.

    is_shown: whether the page has the form again; known once the page is rendered.
    """

    said: Localised
    path: str
    fields: Mapping[str, tuple[str, ...]]
    typed: tuple[str, ...]
    is_shown: bool = False

    @classmethod
    def of(cls, said: Localised, path: str, form: FormData, typed: tuple[str, ...]) -> RefusedForm:
        """The form with these fields; files are left out: no browser takes one back."""
        texts = {name: tuple(one for one in form.getlist(name) if isinstance(one, str)) for name in form}
        return cls(said, path, {name: held for name, held in texts.items() if held}, typed)

    def field(self, name: str) -> str:
        """What a field held, "" where there is none."""
        return SentAgain(self.fields).typed(name)

    def shown_at(self, path: str, named: Mapping[str, object]) -> SentAgain:
        """What a form of the page holds. path: where it is sent; named: hidden fields by which it differs from others that are sent there."""
        if path != self.path or any(self.field(name) != str(value) for name, value in named.items()):
            return SentAgain(None)
        self.is_shown = True
        return SentAgain(self.fields)

    @property
    def left(self) -> tuple[tuple[Sentence, str], ...]:
        """What was typed and has no place on the page any more, with what it was: for its writer to copy."""
        held = ((name, self.field(name)) for name in self.typed)
        return () if self.is_shown else tuple((say(f"typed.{name}"), text) for name, text in held if text.strip())
