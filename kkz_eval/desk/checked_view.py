"""What a page shows of a checked file: sentences, findings with links to their cells and back, and the sheet as rows. No judging, no words of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kkz_eval.contracts.alike import Alike, CellPlace, alike
from kkz_eval.deliveries.municipal.returned import Decision
from kkz_eval.deliveries.results import PersonRecords, Unclaimed
from kkz_eval.desk import say
from kkz_eval.desk.held import CheckedFile
from kkz_eval.line.handing_in import objection
from kkz_eval.model.findings import Called, Severity
from kkz_eval.model.identifiers import cell_address
from kkz_eval.model.texts import Language, Localised, Sentence, Wording
from kkz_eval.model.verdicts import COUNTING, State, Status
from kkz_eval.stewardship import say as say_of_stewardship
from kkz_eval.stewardship.checked import Checked, CheckedTable
from kkz_eval.stewardship.checked_sheet import SheetShown, numbered
from kkz_eval.stewardship.history import parts_named
from kkz_eval.stewardship.sight import Sight

_LINKED = 8  # so many cells of one finding are linked
_NAMED = 8  # so many units are named
_RULES = "/lesen/regeln"
_LOOKS = {State.PARTLY_REJECTED: "warning", **dict.fromkeys(COUNTING, "accepted")}
"""Of a sentence about a state; all other states are rejected."""
_GRAVEST_FIRST = tuple(Severity)


@dataclass(frozen=True)
class CellView:
    """A cell. place: its anchor, "" for one that nothing leads to; numbers: of the findings about it; look: error | warning | acknowledged | ""."""

    text: str
    place: str = ""
    numbers: tuple[int, ...] = ()
    look: str = ""


@dataclass(frozen=True)
class RowView:
    """A row of a sheet. head: its number, with the findings about the row as a whole; texts: of its cells; cells: the same where one of them is
    marked, else (), so that most rows are written at once."""

    head: CellView
    texts: tuple[str, ...]
    cells: tuple[CellView, ...] = ()


@dataclass(frozen=True)
class PartView:
    """Rows that follow each other. folded: how many rows are shown when asked for, 0 for rows that are open; left_out: that are not shown at all,
    left_out_marked of them with findings."""

    rows: tuple[RowView, ...]
    folded: int
    left_out: int
    left_out_marked: int


@dataclass(frozen=True)
class SheetView:
    """A sheet as rows. titles: the columns as a spreadsheet program calls them, with the findings about a column as a whole."""

    name: Localised
    titles: tuple[CellView, ...]
    parts: tuple[PartView, ...]
    columns_left_out: int


@dataclass(frozen=True)
class FindingView:
    """An entry of the list of findings. cells: address and anchor of its cells, the anchor "" where the cell is not shown; more: further ones; rule:
    address of the page of its rule."""

    number: int
    place: str
    look: str
    severity: Localised
    cells: tuple[tuple[str, str], ...]
    more: int
    message: Localised
    fix: Localised
    rule: str


@dataclass(frozen=True)
class TableView:
    """What one contract says. look: of the headline; left_out: so many findings are not listed."""

    title: Localised
    state: Localised
    look: str
    summary: Localised
    valid: str
    invalid: str
    findings: tuple[FindingView, ...]
    left_out: int


@dataclass(frozen=True)
class FileView:
    """A file on the page. at: its place among those that were sent together, from 0; own: what its sender may hand in."""

    at: int
    file: CheckedFile
    own: Sight
    language: Language

    @property
    def heading(self) -> str:
        """Anchor of the file."""
        return f"d{self.at}"

    @property
    def is_checked(self) -> bool:
        """Whether a contract read it."""
        return isinstance(self.file.result, Checked)

    @property
    def said(self) -> tuple[Localised, ...]:
        """What is said of a file that no contract read, of a marked copy that came back, and of a name that says another unit."""
        result = self.file.result
        if isinstance(result, Checked):
            slip = () if result.other_unit is None else (result.other_unit,)
            if result.returned is None:
                return slip
            count = result.n_decided
            if not any(count.values()):
                return (*slip, say("deliver.returned_open"))
            return (*slip, say("deliver.returned", corrected=count[Decision.CORRECTED], right=count[Decision.RIGHT]))
        return (result, say("deliver.nothing_kept")) if isinstance(result, PersonRecords) else (result,)

    @property
    def objection(self) -> Sentence | None:
        """Why its sender may not hand it in; None where they may, or no contract read it."""
        result = self.file.result
        if not isinstance(result, Checked):
            return None
        return objection(self.own, result.name, [(table.contract, table.units) for table in result.tables])

    @property
    def may_be_handed_in(self) -> bool:
        """Whether its sender may hand it in, and has not yet."""
        return self.is_checked and self.file.number is None and self.objection is None

    @property
    def is_clean(self) -> bool:
        """Whether nothing in it is rejected."""
        return all(table.look == "accepted" for table in self.tables)

    @cached_property
    def tables(self) -> tuple[TableView, ...]:
        """What each contract says."""
        result = self.file.result
        if not isinstance(result, Checked):
            return ()
        entries: dict[int, list[FindingView]] = {}
        for number, table, finding in numbered(result):
            of = result.tables[table]
            entries.setdefault(table, []).append(self._finding(number, of.findings[finding], of))
        return tuple(self._table(of, tuple(entries.get(at, ()))) for at, of in enumerate(result.tables))

    @property
    def findings(self) -> tuple[FindingView, ...]:
        """Of a file that could be read and that no contract claims: what was found all the same."""
        result = self.file.result
        if not isinstance(result, Unclaimed) or result.findings is None:
            return ()
        return tuple(self._finding(number, one, None) for number, one in enumerate(alike(result.findings, 100), 1))

    @cached_property
    def sheets(self) -> tuple[SheetView, ...]:
        """The delivered sheets with their marked cells."""
        return tuple(self._sheet(at, sheet) for at, sheet in enumerate(self.file.sheets))

    def _table(self, of: CheckedTable, findings: tuple[FindingView, ...]) -> TableView:
        parts = of.judgement.slices
        listed = sum(entry.count for entry in of.findings)
        return TableView(
            title=Wording({"de": of.contract.title_de, "en": of.contract.title_en}),
            state=of.state.said,
            look=look_of(of.state),
            summary=of.summary.sentence,
            valid=parts_named([(one.unit_id, one.year) for one in parts if one.status != Status.REJECTED], _NAMED),
            invalid=parts_named([(one.unit_id, one.year) for one in parts if one.status == Status.REJECTED], _NAMED),
            findings=findings,
            left_out=of.judgement.findings.num_rows - listed,
        )

    def _finding(self, number: int, entry: Alike, of: CheckedTable | None) -> FindingView:
        finding = entry.finding
        called = Called() if of is None else of.labels(self.language).of(finding)
        placed = [place for place in entry.places if place[1] is not None or place[2] is not None]
        return FindingView(
            number=number,
            place=f"b{self.at}-{number}",
            look=finding.severity,
            severity=say_of_stewardship(f"severity.{finding.severity}"),
            cells=tuple((cell_address(*place), self._anchor(place)) for place in placed[:_LINKED]),
            more=max(entry.count - _LINKED, 0) if placed else 0,
            message=finding.message(called),
            fix=finding.fix(called),
            rule=f"{_RULES}/{finding.kind}",
        )

    @cached_property
    def _shown_rows(self) -> dict[str | None, tuple[int, frozenset[int]]]:
        """By sheet its place and the rows of it that are shown."""
        return {
            sheet.name: (at, frozenset(part.first + row for part in sheet.stretches for row in range(len(part.rows))))
            for at, sheet in enumerate(self.file.sheets)
        }

    def _anchor(self, place: CellPlace) -> str:
        """The anchor of a cell, "" where it is not shown."""
        name, row, column = place
        at, rows = self._shown_rows.get(name, (0, frozenset()))
        if name not in self._shown_rows or (row is not None and row not in rows):
            return ""
        if (column or 0) > self.file.sheets[at].n_columns:
            return ""
        return f"z{self.at}-{at}-{row or 0}-{column or 0}"

    def _sheet(self, at: int, sheet: SheetShown) -> SheetView:
        looks = self._looks

        def cell(text: str, row: int, column: int) -> CellView:
            numbers = sheet.marked(row, column)
            if not numbers:
                return CellView(text)
            gravest = min((looks[number] for number in numbers), key=_GRAVEST_FIRST.index)
            return CellView(text, f"z{self.at}-{at}-{row}-{column}", numbers, gravest)

        marked = {row for row, _ in sheet.marks}

        def rows(first: int, of: tuple[tuple[str, ...], ...]) -> Iterator[RowView]:
            for number, texts in enumerate(of, first):
                head = cell(str(number), number, 0)
                is_marked = number in marked
                yield RowView(head, texts, tuple(cell(t, number, c) for c, t in enumerate(texts, 1)) if is_marked else ())

        parts = tuple(
            PartView(
                tuple(rows(part.first, part.rows)),
                len(part.rows) if part.is_folded else 0,
                part.n_left_out,
                part.n_left_out_marked,
            )
            for part in sheet.stretches
        )
        titles = tuple(cell(letters, 0, column) for column, letters in enumerate(sheet.letters, 1))
        name = say("deliver.table_of", name=self.file.name) if sheet.name is None else say("deliver.sheet", name=sheet.name)
        return SheetView(name, titles, parts, sheet.n_columns_left_out)

    @cached_property
    def _looks(self) -> dict[int, Severity]:
        """Severity of the findings by their number."""
        result = self.file.result
        assert isinstance(result, Checked)
        return {n: Severity(result.tables[table].findings[entry].finding.severity) for n, table, entry in numbered(result)}


def look_of(state: State) -> str:
    """How a sentence about a state looks: accepted | warning | rejected."""
    return _LOOKS.get(state, "rejected")


def size_shown(size: int, language: Language) -> str:
    """A number of bytes as people read it."""
    if size < 1_000_000:
        return f"{max(round(size / 1000), 1) if size else 0} kB"
    text = f"{size / 1_000_000:.1f} MB"
    return text.replace(".", ",") if language == "de" else text
