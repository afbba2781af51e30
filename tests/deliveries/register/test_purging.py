"""What goes with a content that is removed for good: all that holds its values, however it came."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from kkz_eval.deliveries.municipal.returned import Returned
from kkz_eval.deliveries.register.intake import landing_key
from kkz_eval.deliveries.register.purging import SOURCES, Holding, purge
from kkz_eval.deliveries.register.register import NewArrival, read_register, record_arrivals, record_returned, record_verdict
from kkz_eval.model.verdicts import Slice, Status, Verdict
from kkz_eval.storage.digests import digest_of_bytes
from kkz_eval.storage.store import Store

DAY = date(2026, 1, 1)


def arrive(store: Store, name: str, copy_of: str = "") -> str:
    """The digest of a content that came under a name and is the marked copy of another, or of none."""
    sha256 = digest_of_bytes(name.encode())
    store.restore(landing_key(sha256), name.encode())
    if copy_of:
        record_returned(store, sha256, Returned(copy_of, ()))
    arrivals = [NewArrival(name, sha256, "c", (2015,))]
    assert record_arrivals(store, read_register(store), arrivals, {}, [sha256] if copy_of else []) is not None
    return sha256


def test_the_marked_copy_of_a_marked_copy_goes_with_the_first_file(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    first, other = arrive(store, "first.csv"), arrive(store, "other.csv")
    once = arrive(store, "once.xlsx", first)
    twice = arrive(store, "twice.xlsx", once)
    assert set(purge(store, tmp_path, first, "asked for", DAY).copies) == {once, twice}
    assert store.list("landing") == [landing_key(other)]
    assert set(read_register(store).tombstones) == {first, once, twice}


def test_the_first_file_stays_where_a_copy_of_it_goes(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    first = arrive(store, "first.csv")
    once = arrive(store, "once.xlsx", first)
    twice = arrive(store, "twice.xlsx", once)
    purged = purge(store, tmp_path, once, "asked for", DAY)
    assert (purged.original, purged.copies) == (first, (twice,))
    assert store.list("landing") == [landing_key(first)]


def test_it_stays_known_of_which_units_and_years_a_removed_content_spoke(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    first = arrive(store, "first.csv")
    copy = arrive(store, "copy.xlsx", first)
    for sha256, years in ((first, (2014, 2015)), (copy, (2015, 2016))):
        parts = tuple(Slice("05111000", year, Status.REJECTED, 1, 0) for year in years)
        record_verdict(
            store, Verdict(sha256, "c", "1.0.0", "r", "", "p", "f", "municipal_text", "", Status.REJECTED, 1, 0, parts)
        )
    purge(store, tmp_path, first, "asked for", DAY)
    stones = read_register(store).tombstones
    assert [stones[sha256].spoke_of for sha256 in (first, copy)] == [(("c", "05111000", (2014, 2015, 2016)),)] * 2
    purge(store, tmp_path, first, "once more", DAY)
    assert read_register(store).tombstones == stones


def test_a_removal_that_kept_no_units_is_read_as_it_is(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    stone = {"sha256": "0" * 64, "reason": "asked for", "date": "2026-01-01"}
    store.put_if_absent(f"register/tombstones/{'0' * 64}.json", json.dumps({"schema_version": 1, "tombstone": stone}).encode())
    assert read_register(store).tombstones["0" * 64].spoke_of == ()


def test_a_report_goes_whole_or_stays_whole_with_what_lies_in_folders_of_it(tmp_path: Path) -> None:
    store = Store.at(str(tmp_path / "home"))
    first, other = arrive(store, "first.csv"), arrive(store, "other.csv")
    for edition, source in (("a", first), ("b", other)):
        store.put_if_absent(f"reports/plan/{edition}/{SOURCES}", json.dumps({"deliveries": [source]}).encode())
        store.put_if_absent(f"reports/plan/{edition}/daten/zahlen.csv", b"1\n")
    assert purge(store, tmp_path, first, "asked for", DAY).counts == {Holding.CONTENT: 1, Holding.REPORT: 1}, (
        "an edition is one, with all that lies in it"
    )
    assert store.list("reports") == ["reports/plan/b/daten/zahlen.csv", f"reports/plan/b/{SOURCES}"]
