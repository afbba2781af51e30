"""The reports that are published, edition by edition: what each is made of as files, and what changed with it. Values; no pages, no making.

Which edition a stable address leads to is told by that page itself: of the same data once more, an earlier edition holds again.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from kkz_eval.evaluation.plan import Plan, report_folder
from kkz_eval.line import say
from kkz_eval.line.edition_changes import Record
from kkz_eval.line.editions import Numbered, numbered_editions, record_in
from kkz_eval.line.installation import Installation
from kkz_eval.line.releases import Act, Released, standing
from kkz_eval.model.texts import LANGUAGES, Language, Sentence, Wording
from kkz_eval.reporting import numbers
from kkz_eval.storage.seals import SUMS
from kkz_eval.storage.store import Store

_PARTS = ("page", "paper", "one_page")
_TABLES = (".csv", ".parquet")
_TARGET = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]+)">')


@dataclass(frozen=True)
class FileOfEdition:
    """A file of an edition. part: page | paper | one_page; language: it is written in; key: in the store."""

    part: str
    language: Language
    key: str

    @property
    def label(self) -> Sentence:
        """What it is."""
        return say(f"current.file.{self.part}_{self.language}")


@dataclass(frozen=True)
class PublishedEdition:
    """An edition of a report. is_current: whether the stable address leads to it; files: () where they are gone; tables: keys of tables for computing.

    record: what it was made from and found, None where it is not there; act: the last one on its release, None where there was none.
    """

    number: int
    day: date
    folder: str
    is_current: bool
    files: tuple[FileOfEdition, ...]
    tables: tuple[str, ...]
    record: Record | None
    act: Released | None = None

    def heading(self, language: Language) -> Sentence:
        """Number and day, and whether it is the present one."""
        key = "present_edition" if self.is_current else "edition"
        return say(f"current.{key}", number=self.number, day=numbers.day(self.day, language))

    @property
    def is_released(self) -> bool:
        """Whether somebody released it and nobody withdrew that."""
        return self.act is not None and self.act.act is Act.RELEASE

    def status(self, language: Language) -> tuple[Sentence, ...]:
        """Whether it is released, by the last act on it, a sentence each."""
        if self.act is None:
            return (say("current.draft"),)
        said = {"day": numbers.day(self.act.day, language), "role": self.act.role}
        if self.is_released:
            return say("current.released", **said), say("current.released_files", sums=SUMS, digest=self.act.sums)
        return (say("current.withdrawn", **said, reason=self.act.reason),)

    @property
    def is_simulated(self) -> bool:
        """Whether it rests on figures that are made up."""
        return self.record is not None and bool(self.record["simulated"])

    @property
    def compared(self) -> Sentence | None:
        """With which edition it was compared, or that it is the first; None where neither is known."""
        if self.record is None:
            return None
        if self.record["previous"] is None:
            return say("current.first_edition") if self.record["number"] == 1 else None
        return say("current.compared_with", number=self.record["previous"]["number"])

    @property
    def changes(self) -> tuple[Wording, ...]:
        """What changed since the edition that it was compared with, as its record has it."""
        if self.record is None or self.record["previous"] is None:
            return ()
        return tuple(Wording({language: change[language] for language in LANGUAGES}) for change in self.record["changes"])


@dataclass(frozen=True)
class PublishedReport:
    """The reports of a plan. title: of the plan; editions: the present one first, then the newest first, never (); released: key of the address
    that leads to the newest released one, None where none is."""

    plan_id: str
    title: Wording
    editions: tuple[PublishedEdition, ...]
    released: str | None = None

    @property
    def current(self) -> PublishedEdition:
        """The edition that holds."""
        return self.editions[0]


def stable_address(plan_id: str) -> str:
    """Key of the page that leads to the newest report of a plan."""
    return f"aktuell/berichte/{_name(plan_id)}.html"


def address_of_released(plan_id: str) -> str:
    """Key of the page that leads to the newest released report of a plan; there is none where none is released."""
    return f"aktuell/freigegeben/{_name(plan_id)}.html"


def led_to(store: Store, key: str) -> str | None:
    """Key of the folder to whose page a stable address leads, None where it leads nowhere. Keys of reports need no escaping (report_folder)."""
    found = _TARGET.search(store.get(key).decode()) if store.exists(key) else None
    if found is None:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(key), found[1], ".."))


def _name(plan_id: str) -> str:
    return report_folder(plan_id).partition("/")[2]


def published_reports(installation: Installation) -> tuple[PublishedReport, ...]:
    """The reports of all plans of which any edition was made, in the plans' order; not those of plans that are left out in this home."""
    store = installation.steps.store
    return tuple(_published(store, installation.plans.values()))


def _published(store: Store, plans: Iterable[Plan]) -> Iterator[PublishedReport]:
    for plan in plans:
        editions = editions_of(store, plan.id)
        released = address_of_released(plan.id)
        if editions:
            yield PublishedReport(plan.id, title_of_plan(plan), editions, released if store.exists(released) else None)


def title_of_plan(plan: Plan) -> Wording:
    """What a plan is called, its identifier where it has no title."""
    return Wording(plan.title or dict.fromkeys(LANGUAGES, plan.id))


def editions_of(store: Store, plan_id: str) -> tuple[PublishedEdition, ...]:
    """All editions of a plan's report, the present one first: to which the stable address leads, without one the newest that is kept."""
    newest_first, acts = list(reversed(numbered_editions(store, plan_id))), standing(store, plan_id)
    kept = (f"{report_folder(plan_id)}/{one.folder}" for one in newest_first if _files(store, plan_id, one.folder))
    current = led_to(store, stable_address(plan_id)) or next(kept, None)
    made = [_edition(store, plan_id, one, current, acts.get(one.folder)) for one in newest_first]
    return tuple(sorted(made, key=lambda one: not one.is_current))  # stable


def _edition(store: Store, plan_id: str, one: Numbered, current: str | None, act: Released | None) -> PublishedEdition:
    files, is_current = _files(store, plan_id, one.folder), f"{report_folder(plan_id)}/{one.folder}" == current
    record = record_in(store, plan_id, one.folder) if files else None
    return PublishedEdition(one.number, one.day, one.folder, is_current, files, _tables(store, plan_id, one.folder), record, act)


def _files(store: Store, plan_id: str, folder: str) -> tuple[FileOfEdition, ...]:
    keys = (
        FileOfEdition(part, language, f"{report_folder(plan_id)}/{folder}/{say(f'report.{part}').in_language(language)}")
        for part in _PARTS
        for language in LANGUAGES
    )
    return tuple(file for file in keys if store.exists(file.key))


def _tables(store: Store, plan_id: str, folder: str) -> tuple[str, ...]:
    """What lies beside the pages, without the data of single figures, which the pages link."""
    place = f"{report_folder(plan_id)}/{folder}"
    return tuple(key for key in sorted(store.list(place)) if key.endswith(_TABLES) and key.count("/") == place.count("/") + 1)
