"""The command `report picture`: a PNG of a figure that lies beside a report."""

from __future__ import annotations

import struct

import pytest

from kkz_eval.cli import main
from kkz_eval.reporting.document import Figure
from kkz_eval.reporting.downloads import standalone

DRAWING = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="9" height="9"/><text y="50">Anteil</text></svg>'
)


@pytest.fixture
def figure(tmp_path):
    file = tmp_path / "abbildung.svg"
    file.write_text(standalone(Figure("f", ("Bild",), "Ein Strich.", DRAWING, DRAWING), "", False, "de"), encoding="utf-8")
    return file


def size(file) -> tuple[int, int]:
    content = file.read_bytes()
    assert content.startswith(b"\x89PNG")
    return struct.unpack(">II", content[16:24])


def test_a_figure_becomes_a_picture_beside_it(figure, capsys):
    assert main(["report", "picture", str(figure)]) == 0
    assert size(figure.with_suffix(".png")) == (1600, 800)
    assert "abbildung.png (1600 Pixel breit)" in capsys.readouterr().out


def test_place_and_width_can_be_named(figure, tmp_path):
    assert main(["report", "picture", str(figure), "--out", str(tmp_path / "x.png"), "--width", "400"]) == 0
    assert size(tmp_path / "x.png") == (400, 200)


def test_a_file_that_is_there_is_kept(figure, capsys):
    figure.with_suffix(".png").write_bytes(b"mine")
    assert main(["report", "picture", str(figure)]) == 2
    assert figure.with_suffix(".png").read_bytes() == b"mine"
    assert "wird nicht überschrieben" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg/>",
        b"\xff\xfe",
        DRAWING.replace("<text", '<image href="http://example.invalid/x.png"/><text').encode(),
        DRAWING.replace("<text", '<rect fill="url(http://example.invalid/x#a)"/><text').encode(),
    ],
)
def test_what_is_no_figure_of_a_report_gets_a_sentence(tmp_path, capsys, content):
    file = tmp_path / "x.svg"
    file.write_bytes(content)
    assert main(["report", "picture", str(file)]) == 2
    assert "keine Abbildung aus einem Bericht" in capsys.readouterr().err


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path, capsys):
    assert main(["report", "picture", str(tmp_path / "none.svg")]) == 2
    assert "kann nicht geöffnet werden" in capsys.readouterr().err


@pytest.mark.parametrize("width", ["0", "-5", "100000"])
def test_a_width_that_no_picture_has_gets_a_sentence(figure, capsys, width):
    assert main(["report", "picture", str(figure), "--width", width]) == 2
    assert "Pixel breit" in capsys.readouterr().err
