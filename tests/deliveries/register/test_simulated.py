"""Files that say that their figures are made up: found however they are written or saved, and kept with their arrival."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from kkz_eval.contracts.load import load_contracts
from kkz_eval.deliveries.register.intake import take_in
from kkz_eval.deliveries.register.simulated import says_simulated
from kkz_eval.model.simulated import SIGN
from kkz_eval.simulation.run import simulate
from kkz_eval.storage.store import Store

CONTRACTS = load_contracts(Path(__file__).parents[3] / "data_contracts")


def _workbook(text: str) -> bytes:
    book, content = Workbook(), io.BytesIO()
    book.active.append([text])
    book.save(content)
    return content.getvalue()


def _ods(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as parts:
        parts.writestr("content.xml", f"<p>{text}</p>")
    return content.getvalue()


@pytest.mark.parametrize(
    "write",
    [
        *(lambda text, code=code: f"a;b\r\n1;2\r\n{text}.\r\n".encode(code) for code in ("utf-8-sig", "cp1252", "utf-16")),
        _workbook,
        _ods,
    ],
)
def test_the_sign_is_found_in_every_form(write):
    assert says_simulated(write(f"{SIGN}, keine Meldung einer Kommune"))
    assert not says_simulated(write("Statistik der Modellwelt"))


def test_every_file_of_the_model_world_says_so(model_world: Path) -> None:
    files = sorted((model_world / "deliveries").iterdir())
    assert len(files) > 500
    assert [file.name for file in files if not says_simulated(file.read_bytes())] == []


def test_the_register_keeps_it_of_simulated_files_and_of_no_other(tmp_path: Path) -> None:
    simulate(tmp_path / "world", 2, years=(2014, 2015))
    inbox = tmp_path / "world" / "deliveries"
    kept = {"schulabgaenge_amtlich_2014.csv", "netzwerk_05111000_Duesseldorf.csv", "schulabgaenge_05111000_Duesseldorf.csv"}
    for file in inbox.iterdir():
        if file.name not in kept:
            file.unlink()
    genuine = inbox / "schulabgaenge_05111000_Duesseldorf.csv"
    genuine.write_bytes(genuine.read_bytes().partition(b"Modellwelt")[0])
    taken = take_in(Store.at(str(tmp_path / "home")), inbox, CONTRACTS, range(2000, 2020))
    assert {arrival.name: arrival.simulated for arrival in taken.register.arrivals} == {
        "netzwerk_05111000_Duesseldorf.csv": True,
        "schulabgaenge_05111000_Duesseldorf.csv": False,
        "schulabgaenge_amtlich_2014.csv": True,
    }
