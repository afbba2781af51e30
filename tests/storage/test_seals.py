"""What is kept says itself whether it is still what was written: no byte of it can become another unnoticed."""

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.model.tables import TableSpec
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.seals import SUMS, content_of, listed_sums, sealed, sums_of
from kkz_eval.storage.store import Store
from kkz_eval.storage.tables import from_parquet, to_parquet

TABLE = pa.table({"unit": ["a", None], "value": pa.array([1.5, None], pa.float64())})
SPEC = TableSpec("things", 1, TABLE.schema)
LANDED = b"Jahr;Anzahl\n2012;7\n"
CONTENTS = {
    "register/batches/00000001.json": json.dumps({"schema_version": 1, "name": "Köln"}, indent=1).encode(),
    "derived/s/table.parquet": to_parquet(TABLE, SPEC),
    "derived/s/empty.parquet": to_parquet(SPEC.schema.empty_table(), SPEC),
    "protocols/p/protokoll.html": b"<html>x</html>\n",
    "reports/p/pictures/x.svg": b"<svg></svg>",
    "locks/p/0001.lock": b"lock_version: 1\n",
    f"reports/p/e/{SUMS}": b"00  x\n",
    f"landing/{digest_of_bytes(LANDED)[:2]}/{digest_of_bytes(LANDED)}": LANDED,
    f"snapshots/{digest_of_bytes(b'{}')}.json": b"{}",
}


@pytest.mark.parametrize("key", CONTENTS)
def test_no_byte_can_become_another_unnoticed(key: str) -> None:
    kept = sealed(key, CONTENTS[key])
    assert content_of(key, kept) == CONTENTS[key]
    for place in range(len(kept)):
        for change in (1, 0x20, 0xFF):
            altered = bytearray(kept)
            altered[place] ^= change
            assert content_of(key, bytes(altered)) is None, (place, change)


@pytest.mark.parametrize("key", CONTENTS)
def test_what_was_cut_off_is_noticed(key: str) -> None:
    kept = sealed(key, CONTENTS[key])
    assert content_of(key, kept[: 2 * len(kept) // 3]) is None


@pytest.mark.parametrize("key", CONTENTS)
def test_what_was_put_in_the_place_of_another_is_noticed(key: str) -> None:
    folder, _, name = key.rpartition("/")
    elsewhere = f"other/{key}" if name == SUMS else f"{folder}/0{name}"
    assert content_of(elsewhere, sealed(key, CONTENTS[key])) is None


@pytest.mark.parametrize("key", ["locks/p/0001.lock", f"reports/p/e/{SUMS}"])
def test_what_ends_within_its_seal_is_noticed(key: str) -> None:
    kept = sealed(key, CONTENTS[key])
    assert not [n for n in range(len(kept)) if content_of(key, kept[:n]) is not None]


@pytest.mark.parametrize("key", [key for key in CONTENTS if not key.endswith(SUMS)])
def test_what_was_kept_before_there_were_seals_is_taken_as_it_is(key: str) -> None:
    assert content_of(key, CONTENTS[key]) == CONTENTS[key]


def test_a_list_of_digests_that_was_kept_before_there_were_seals_is_taken_as_it_is() -> None:
    content = json.dumps(["a" * 64, "b" * 64], indent=0).encode()
    assert content_of("reports/p/e/sources.json", content) == content


@pytest.mark.parametrize(
    ("key", "half"), [("a.json", b'{"a": '), ("register/a.json", b"[]"), ("a.parquet", b"PAR1"), ("a.html", b"<html>")]
)
def test_what_has_no_seal_and_cannot_be_read_is_damage(key: str, half: bytes) -> None:
    assert content_of(key, half) is None


@pytest.mark.parametrize(
    "key",
    [
        *("register/batches/00000001.json", "register/verdicts/a/c/000001.json", "register/purges/a.json"),
        *("derived/parsed/a/about.json", "derived/corrected/a/about.json", "derived/observations_about/a.json"),
    ],
)
@pytest.mark.parametrize("other", [b"{}", b'{"a": 1}', b"[" * 100_000])
def test_a_record_that_nobody_here_wrote_is_damage(key: str, other: bytes) -> None:
    assert content_of(key, other) is None


@pytest.mark.parametrize("other", [b"{}", b"\0" * 900, b"gone\n", f"{'0' * 64}  x\n".encode()])
def test_a_list_of_sums_without_its_seal_is_damage(other: bytes) -> None:
    assert content_of(f"board/b/{SUMS}", other) is None


def test_any_program_reads_past_the_seal(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path))
    for key, content in CONTENTS.items():
        store.put_if_absent(key, content)
    assert pq.read_table(tmp_path / "derived/s/table.parquet").to_pydict() == TABLE.to_pydict()
    assert json.loads((tmp_path / "register/batches/00000001.json").read_bytes())["name"] == "Köln"
    assert (tmp_path / "locks/p/0001.lock").read_text().splitlines()[1:] == ["lock_version: 1"]


def test_a_table_verifies_the_sums_of_its_pages_too() -> None:
    data = bytearray(to_parquet(TABLE, SPEC))
    pages = pq.ParquetFile(pa.BufferReader(bytes(data))).metadata.row_group(0).column(1)
    data[pages.data_page_offset + pages.total_compressed_size - 1] ^= 1
    with pytest.raises(OSError, match="CRC"):
        from_parquet(bytes(data), SPEC)


def test_a_workbook_is_known_by_its_own_sums() -> None:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 9)
    book = target.getvalue()
    assert content_of("board/x/vorlage.xlsx", book) == book
    assert content_of("board/x/vorlage.xlsx", book.replace(b"<workbook/>", b"<workbooc/>", 1)) is None
    assert content_of("board/x/vorlage.xlsx", book[:50]) is None


def test_a_list_of_sums_is_of_the_files_as_they_are_kept() -> None:
    files = {"a.csv": b"1\n", "seite.html": b"<html></html>\n"}
    assert listed_sums(sums_of("board/x", files)) == {
        name: digest_of_bytes(sealed(f"board/x/{name}", content)) for name, content in files.items()
    }


def test_damage_names_the_object_and_what_to_do(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path))
    store.put_if_absent("r/1.json", b'{"a": 1}')
    path = tmp_path / "r" / "1.json"
    path.write_bytes(path.read_bytes().replace(b"1}", b"2}"))
    with pytest.raises(UserError) as error:
        store.get("r/1.json")
    assert "r/1.json" in error.value.sentence.in_language("de")
    assert "kkz-eval fsck" in error.value.sentence.in_language("de")


def test_what_is_named_by_its_content_is_put_right_by_the_same_content(tmp_path: Path) -> None:
    store, key = Store.at(str(tmp_path)), f"landing/{digest_of_bytes(LANDED)[:2]}/{digest_of_bytes(LANDED)}"
    assert store.restore(key, LANDED)
    assert not store.restore(key, LANDED)
    (tmp_path / key).write_bytes(b"other")
    with pytest.raises(UserError, match="is damaged"):
        store.get(key)
    assert store.restore(key, LANDED)
    assert store.get(key) == LANDED
