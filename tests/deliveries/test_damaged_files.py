"""Files with faults put in by chance: each comes to a result with a sentence, none to a fault of the program, a crash or a long wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import made_workbooks
import pytest
from contract_values import CASES, CONTRACTS, shipped
from mutations import mutated

from kkz_eval.deliveries.reader import Claimed, read_file
from kkz_eval.deliveries.register.reading_process import PROGRAM, Broke, ReadingProcess, Serves, look_over
from kkz_eval.deliveries.results import PersonRecords, Unclaimed, Unreadable
from kkz_eval.deliveries.text.wording.statements import statements
from kkz_eval.model.reading_limits import Limits

LIMITS = Limits(seconds=5, megabytes=512)
SEEDS = range(480)
MADE = {"made.xlsx": made_workbooks.xlsx, "made.ods": made_workbooks.ods, "made.xls": made_workbooks.xls}
PERSONS = CASES.parent / "persons"


def _files() -> dict[str, bytes]:
    """All cases, with workbooks of every format, by name."""
    paths = [path for folder in (CASES, PERSONS) for path in sorted(Path(folder).iterdir()) if path.suffix != ".md"]
    return {path.name: path.read_bytes() for path in paths} | {name: make() for name, make in MADE.items()}


@pytest.fixture(scope="module")
def readers() -> Iterator[ReadingProcess]:
    process = ReadingProcess(shipped(), LIMITS, PROGRAM)
    yield process
    process.end()


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("part", range(6))
def test_every_damaged_file_has_a_result_within_the_limits(readers: ReadingProcess, part: int) -> None:
    """A library may run out of memory at a damaged workbook, which its process survives; nothing else may go wrong."""
    files = _files()
    names = sorted(files)
    for seed in SEEDS[part::6]:
        name = names[seed % len(names)]
        result = readers.read(look_over, mutated(files[name], seed), name)
        if isinstance(result, Broke):
            assert (seed, name, result.reason) == (seed, name, "reading_memory")
            assert not name.endswith(".csv")
        else:
            assert isinstance(result, Serves | Unclaimed | Unreadable | PersonRecords), (seed, name)


def test_the_same_seed_gives_the_same_file_and_others_differ() -> None:
    data = made_workbooks.xls()
    assert mutated(data, 7) == mutated(data, 7)
    assert len({mutated(data, seed) for seed in range(40)}) > 30


# ---- what was found that way ----


@pytest.mark.parametrize("n_digits", [99, 400, 4_400, 100_000])
def test_a_number_of_any_length_may_stand_in_a_title(n_digits: int) -> None:
    for text in ("{}", "in {} EUR", "Werte x {}", "Betrag / {}", "je {} Einwohner", "1e{}", "10^{}"):
        statements(text.format("9" * n_digits))


def test_a_long_text_says_what_its_parts_say() -> None:
    filling = "Bitte beachten Sie die Hinweise der Gemeinde. " * 60
    said = statements(f"{filling} Angaben in Tsd. EUR {filling} Werte in Prozent {filling}")
    assert set(said) == {*statements("Angaben in Tsd. EUR"), *statements("Werte in Prozent")}
    assert statements("x" * 10_000) == statements("")


def test_a_record_may_lack_the_cell_in_which_others_say_something_of_their_numbers() -> None:
    header = "AGS;Schuljahr;Geschlecht;Abgänge;Anteil ohne Abschluss;Bemerkung"
    data = f"{header}\n05911000;2015/16;m;1200;6,5;in Tsd. EUR\n05911000;2015/16;w;1100;5,5\n".encode()
    result = read_file(data, "lieferung.csv", CONTRACTS)
    assert isinstance(result, Claimed)


@pytest.mark.parametrize(
    "text",
    [
        "AGS;Schuljahr;Geschlecht;Abgänge" + ";Abgänge" * 5_000 + "\n05911000;2015/16;m" + ";1" * 5_001,
        "AGS" + ";2015 m;2016 m" * 3_000 + "\n05911000" + ";1" * 6_000,
        "AGS;Schuljahr;Geschlecht;Abgänge\n05911000;2015/16;m;1\n" + "Anteile 0 0 0 0 " * 8_000,
    ],
    ids=["columns that say the same", "columns of years", "a note of numbers"],
)
def test_a_wide_header_and_a_long_note_are_read_within_the_limits(readers: ReadingProcess, text: str) -> None:
    assert not isinstance(readers.read(look_over, text.encode(), "breit.csv"), Broke)
