"""An object is written once, and is complete or absent at every moment."""

import errno
import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pytest

from kkz_eval.model.errors import UserError
from kkz_eval.storage.seals import SUMS, sums_of
from kkz_eval.storage.store import DraftStore, Store


@pytest.fixture(params=["local", "memory", "s3"])
def store(request, tmp_path):
    if request.param == "s3":
        return Store.at(request.getfixturevalue("object_store") + "/home")
    return Store.at(str(tmp_path / "home") if request.param == "local" else f"memory://{tmp_path.name}")


def test_what_is_put_first_stays(store):
    assert store.put_if_absent("a/b", b"one")
    assert not store.put_if_absent("a/b", b"two")
    assert store.get("a/b") == b"one"


def test_what_one_thread_has_read_of_a_place_another_knows(store):
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(Store.at, store.address).result()
    assert (other, hash(other), other.place) == (store, hash(store), store.place)
    assert DraftStore.over(store) != store
    assert Store(store.fs, f"{store.root}/below") != store


def test_absent_objects(store):
    assert not store.exists("a")
    assert store.list("a") == []
    with pytest.raises(UserError, match=r"a is missing in .*kkz-eval fsck"):
        store.get("a")


def test_keys_are_listed_in_order_below_a_prefix(store):
    for key in ("r/2", "r/1", "other/1", "r/sub/3"):
        store.put_if_absent(key, b"")
    assert store.list("r") == ["r/1", "r/2", "r/sub/3"]


@pytest.mark.parametrize("key", ["../a", "/a", "a/../../b", ""])
def test_a_key_stays_inside_the_store(store, key):
    with pytest.raises(ValueError, match="not a key"):
        store.put_if_absent(key, b"")


def test_an_unfinished_write_is_not_an_object(tmp_path):
    store = Store.at(str(tmp_path))
    store.put_if_absent("r/1", b"x")
    (tmp_path / "r" / ".partial-left-by-a-kill").write_bytes(b"half")
    assert store.list("r") == ["r/1"]


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError) as error:
        Store.at(str(tmp_path / "file")).put_if_absent("a/b", b"")
    assert "--home" in error.value.sentence.in_language("de")


def test_a_kill_leaves_whole_objects_only(tmp_path):
    program = (
        "import sys, itertools\n"
        "from kkz_eval.storage.store import Store\n"
        "store = Store.at(sys.argv[1])\n"
        "for i in itertools.count(): store.put_if_absent(f'o/{i:06d}', str(i % 10).encode() * 200_000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)])
    while not (tmp_path / "o").exists():
        time.sleep(0.01)
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    store = Store.at(str(tmp_path))
    keys = store.list("o")
    assert keys
    for key in keys:
        assert store.get(key) == str(int(key[-6:]) % 10).encode() * 200_000


def test_a_removed_object_is_gone_and_its_key_is_free(tmp_path):
    store = Store.at(str(tmp_path))
    store.put_if_absent("a/b", b"1")
    store.remove("a/b")
    store.remove("a/b")
    assert not store.exists("a/b")
    assert store.put_if_absent("a/b", b"2")


@pytest.mark.parametrize("call", ["os.fsync", "os.link", "tempfile.mkstemp"])
@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_disk_that_takes_nothing_is_a_sentence_and_leaves_no_half_of_an_object(tmp_path, monkeypatch, call, reason):
    def refuse(*_, **__):
        raise OSError(reason, os.strerror(reason))

    store = Store.at(str(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(call, refuse)
        with pytest.raises(UserError) as error:
            store.put_if_absent("a/b.json", b'{"a": 1}')
    assert "Bitte Platz und Rechte prüfen" in error.value.sentence.in_language("de")
    assert store.unfinished() == []
    assert store.put_if_absent("a/b.json", b'{"a": 1}')


def test_an_object_that_outgrows_what_is_allowed_is_a_sentence_and_leaves_nothing(tmp_path):
    store = Store.at(str(tmp_path))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(UserError) as error:
            store.put_if_absent("a/b", b"x" * 2000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "die Datei ist zu groß" in error.value.sentence.in_language("de")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_an_object_that_cannot_be_read_is_a_sentence(tmp_path):
    store = Store.at(str(tmp_path))
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(UserError) as error:
        store.get("a/b")
    assert "kann nicht gelesen werden" in error.value.sentence.in_language("de")


def test_what_takes_the_place_of_another_is_there_as_a_whole_and_alone(store):
    store.replace("aktuell/index.html", b"<html>old</html>")
    store.replace("aktuell/index.html", b"<html>new</html>")
    assert store.get("aktuell/index.html") == b"<html>new</html>"
    assert store.list("aktuell") == ["aktuell/index.html"]
    draft = DraftStore.over(store)
    draft.replace("aktuell/index.html", b"<html>draft</html>")
    assert draft.get("aktuell/index.html") == b"<html>draft</html>"
    assert store.get("aktuell/index.html") == b"<html>new</html>"


def test_what_a_list_of_sums_names_is_held_against_it_as_it_is_kept_in_a_draft_too(tmp_path: Path) -> None:
    kept = Store.at(str(tmp_path))
    files = {"a.html": b"<html>1</html>", "b.csv": b"1;2\n", "letters/05111/c.txt": b"hello"}
    for store, folder in ((kept, "reports/kept"), (DraftStore.over(kept), "reports/draft")):
        for name, content in {**files, SUMS: sums_of(folder, files)}.items():
            store.put_if_absent(f"{folder}/{name}", content)
        assert {name: store.get_listed(folder, name) for name in files} == files
    for folder, name in (("reports/kept", "b.csv"), ("reports/kept/letters/05111", "c.txt")):
        assert kept.kept_listed(folder, name) == files[f"{folder}/{name}".removeprefix("reports/kept/")]
        (tmp_path / folder / name).write_bytes(b"1;3\n")
        with pytest.raises(UserError) as altered:
            kept.kept_listed(folder, name)
        assert altered.value.code == "object_altered"


def test_a_place_where_nothing_can_be_replaced_is_a_sentence(tmp_path):
    (tmp_path / "aktuell").write_bytes(b"a file where a folder should be")
    with pytest.raises(UserError, match="aktuell"):
        Store.at(str(tmp_path)).replace("aktuell/index.html", b"<html></html>")


def test_an_object_store_remembers_nothing_that_another_process_may_have_changed(object_store):
    from s3fs import S3FileSystem

    store = Store.at(f"{object_store}/home")
    another = Store(S3FileSystem(skip_instance_cache=True), store.root)
    assert (store.list("a"), store.exists("a/b")) == ([], False)
    assert another.put_if_absent("a/b", b"1")
    assert (store.list("a"), store.exists("a/b"), store.get("a/b")) == (["a/b"], True, b"1")
    assert not store.put_if_absent("a/b", b"2")
    another.remove("a/b")
    assert (store.list("a"), store.exists("a/b")) == ([], False)


def test_a_write_whose_answer_was_lost_is_known_for_ones_own_and_that_of_another_is_not(object_store, monkeypatch):
    store = Store.at(f"{object_store}/home")
    put = store.fs.pipe_file

    def twice(path, data, mode):
        put(path, data, mode=mode)
        put(path, data, mode=mode)  # as the library does where it got no answer

    with monkeypatch.context() as patch:
        patch.setattr(store.fs, "pipe_file", twice)
        assert store.put_if_absent("a/b", b"1")
        assert not store.put_if_absent("a/b", b"2")
    assert store.get("a/b") == b"1"


def test_a_bucket_that_is_not_there_is_no_empty_home(object_store):
    store = Store.at("s3://no-such-bucket/home")
    for refused in (store.everything, lambda: store.list("register"), lambda: store.put_if_absent("a", b"")):
        with pytest.raises(UserError) as error:
            refused()
        assert "ob der Objektspeicher zu erreichen ist" in error.value.sentence.in_language("de")


def test_an_address_that_nothing_here_can_read_is_a_sentence():
    with pytest.raises(UserError) as error:
        Store.at("s4://bucket/home")
    assert "kein Ort, an dem hier etwas abgelegt werden kann" in error.value.sentence.in_language("de")


def test_a_draft_over_an_object_store_leaves_nothing_there(object_store):
    store = Store.at(f"{object_store}/home")
    draft = DraftStore.over(store)
    assert draft.put_if_absent("a/b.json", b"{}")
    assert (draft.list("a"), store.list("a")) == (["a/b.json"], [])


def test_drafts_are_listed_while_another_thread_drafts(tmp_path: Path) -> None:
    draft = DraftStore.over(Store.at(str(tmp_path)))
    with ThreadPoolExecutor(1) as beside:
        putting = beside.submit(lambda: [draft.put_if_absent(f"derived/{number}", b"x") for number in range(20_000)])
        while not putting.done():
            draft.list("derived")
        assert all(putting.result())
    assert len(draft.list("derived")) == 20_000


def test_a_place_of_another_kind_is_a_sentence_also_where_its_server_is_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(url: str, **options: object) -> None:
        raise OSError(-2, "Name or service not known")

    monkeypatch.setattr(fsspec.core, "url_to_fs", unknown)
    with pytest.raises(UserError) as refused:
        Store.at("ftp://x")
    assert refused.value.code == "storage_unknown"
