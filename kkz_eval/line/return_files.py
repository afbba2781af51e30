"""The return of a municipality as files: its page, its paper, its workbook; made when asked for, and kept under the digest of what they show.

Belongs here: which value becomes which file, its name, keeping it. Does not belong here: what is shown (municipal_return), how it looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib.metadata import version

from kkz_eval.deliveries.register.register import tombstones_of
from kkz_eval.line.municipal_return import returned_of
from kkz_eval.line.snapshot import Snapshot
from kkz_eval.model.errors import UserError
from kkz_eval.model.texts import LANGUAGES, Language
from kkz_eval.reference.tables import ProgrammeUnit
from kkz_eval.reporting import DRAWING, numbers, say
from kkz_eval.reporting.downloads import NO_DOWNLOADS
from kkz_eval.reporting.render_html import Link, render_html
from kkz_eval.reporting.render_typst import Imprint, render_pdf
from kkz_eval.reporting.returned.document import document_of
from kkz_eval.reporting.returned.tables import Amount, tables_of
from kkz_eval.reporting.returned.values import Returned
from kkz_eval.stewardship.return_workbook import Digits, ReturnSheet, return_workbook
from kkz_eval.stewardship.sight import EVERYTHING, Sight
from kkz_eval.storage.digests import code_digest, digest_of_bytes
from kkz_eval.storage.steps import derived_key
from kkz_eval.storage.store import Store
from kkz_eval.storage.writer import writing_soon

LIBRARIES = (*DRAWING, "openpyxl")
"""Of which pictures, paper and workbook are made."""
_MAKERS = ("kkz_eval.line.return_files",)


class Form(StrEnum):
    """What a return is made as; the value is the ending of its file."""

    PAGE = "html"
    PAPER = "pdf"
    WORKBOOK = "xlsx"


def file_name(unit_id: str, form: Form, language: Language) -> str:
    """The name of a return as a file; the page leads to the others by these."""
    return f"{say('returned.file', unit=unit_id).in_language(language)}.{form}"


def made(snapshot: Snapshot, unit: ProgrammeUnit, form: Form, language: Language, sight: Sight = EVERYTHING) -> bytes:
    """The return of a municipality as a file, made where it is not kept yet. Equal inputs give equal bytes. sight: of whoever gets it.

    It is kept where nobody writes in the home meanwhile and nothing was removed since the snapshot: who reads waits for no run.
    Raises ForbiddenClaimError where a text of it claims too much.
    """
    returned, settings = returned_of(snapshot, unit, sight), snapshot.installation.settings
    versions = [version(name) for name in LIBRARIES]
    inputs = [digest_of_bytes(repr(returned).encode()), settings.publisher, code_digest(*_MAKERS), versions]
    key = f"{derived_key('municipal_return', [unit.ags, language, *inputs])}.{form}"
    store = Store.at(settings.store)
    if store.exists(key):
        return store.get(key)
    content = _MAKE[form](returned, language, settings.publisher)
    try:
        with writing_soon(settings.home, "deliveries return", 0):
            if tombstones_of(store) == frozenset(snapshot.head.tombstones):
                store.put_if_absent(key, content)
    except UserError as error:
        if error.code != "home_busy":
            raise
    return content


def _page(returned: Returned, language: Language, _: str) -> bytes:
    def link(form: Form, into: Language) -> Link:
        text = say(f"returned.form.{form}").in_language(language)
        return Link(file_name(returned.unit_id, form, into), text)

    others = [other for other in LANGUAGES if other != language]
    translated = [
        Link(file_name(returned.unit_id, Form.PAGE, other), say("returned.in_this").in_language(other), other) for other in others
    ]
    forms = (link(Form.PAPER, language), link(Form.WORKBOOK, language), *translated)
    return render_html(document_of(returned, language), NO_DOWNLOADS, forms).encode()


def _paper(returned: Returned, language: Language, publisher: str) -> bytes:
    line = say("returned.imprint", unit=returned.name, day=numbers.day(returned.day, language))
    return render_pdf(document_of(returned, language), Imprint(returned.day, line.in_language(language), publisher))


def workbook_of(returned: Returned, language: Language, _: str = "") -> bytes:
    title = say("returned.imprint", unit=returned.name, day=numbers.day(returned.day, language))
    sheets = [
        ReturnSheet(
            table.name,
            table.columns,
            tuple(
                tuple(Digits(cell.value, cell.decimals) if isinstance(cell, Amount) else cell for cell in row)
                for row in table.rows
            ),
            table.note,
        )
        for table in tables_of(returned, language)
    ]
    return return_workbook(title.in_language(language), sheets, language, returned.simulated)


_MAKE: Mapping[Form, Callable[[Returned, Language, str], bytes]] = {
    Form.PAGE: _page,
    Form.PAPER: _paper,
    Form.WORKBOOK: workbook_of,
}
