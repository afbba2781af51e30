"""Right files are not taken for records of persons: simulated, blank templates, made cases, genuine ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_values import CASES, SHARED_DATA, needs_shared_data, shipped
from person_texts import WITHOUT_PERSONS

from kkz_eval.contracts.pages import delivered_by_municipalities
from kkz_eval.contracts.template_book import template_bytes
from kkz_eval.deliveries.persons.screening import suspects_in_text
from kkz_eval.deliveries.persons.workbook import persons_in_workbook
from kkz_eval.deliveries.text.records import DELIMITERS, NotTextError, decode
from kkz_eval.deliveries.workbook.sheets import BrokenWorkbookError, is_workbook, sheets
from kkz_eval.simulation.run import simulate

ENDINGS = (".csv", ".xlsx", ".xls", ".ods")


def _is_suspected(data: bytes) -> bool:
    """As the reader screens them; what can't be opened at all is no matter of screening."""
    try:
        return bool(
            persons_in_workbook(data, sheets(data)) if is_workbook(data) else suspects_in_text(decode(data).text, DELIMITERS)
        )
    except NotTextError:
        return False
    except BrokenWorkbookError as error:
        return error.code == "embedded_files"


def test_none_of_six_hundred_clean_files_is_suspected(tmp_path: Path) -> None:
    written = simulate(tmp_path / "world", 4)
    files = {path.name: path.read_bytes() for path in (*written.deliveries, *written.official)}
    files |= {path.name: path.read_bytes() for path in CASES.iterdir()}
    contracts = shipped()
    files |= {f"{c.id}.xlsx": template_bytes(c) for c in delivered_by_municipalities(contracts)}
    files |= {kind: text.encode() for kind, text in WITHOUT_PERSONS.items()}
    assert len(files) >= 600
    assert [name for name, data in files.items() if _is_suspected(data)] == []


@needs_shared_data
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_genuine_file_is_suspected(ending: str) -> None:
    files = [file for file in sorted(SHARED_DATA.rglob(f"*{ending}")) if file.stat().st_size < 1_000_000]
    assert [file.name for file in files if _is_suspected(file.read_bytes())] == []
