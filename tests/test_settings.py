"""Settings come from the environment, arguments win, and what can't be a setting is a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kkz_eval import settings
from kkz_eval.model.errors import UserError
from kkz_eval.settings import CHECKOUT, Database, DeskServer, load_credentials, load_mail_server, load_settings


def test_without_an_environment_all_lies_in_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = load_settings({})
    assert (found.home, found.inbox) == (tmp_path / "home", tmp_path / "home" / "inbox")
    assert found.contracts == CHECKOUT / "data_contracts"
    assert (found.language, found.settle_seconds) == ("de", 3)


def test_arguments_win_over_the_environment(tmp_path: Path) -> None:
    environment = {"KKZ_HOME": "/elsewhere", "KKZ_INBOX": "/elsewhere/inbox", "KKZ_LANGUAGE": "en"}
    found = load_settings(environment, home=tmp_path, inbox=tmp_path / "eingang")
    assert (found.home, found.inbox, found.language) == (tmp_path, tmp_path / "eingang", "en")


@pytest.mark.parametrize("name", ["KKZ_READER_SECONDS", "KKZ_READER_MEGABYTES", "KKZ_SETTLE_SECONDS"])
@pytest.mark.parametrize("value", ["", "-1", "1.5", "viel", "١"])
def test_a_limit_that_is_no_whole_number_is_named(name: str, value: str) -> None:
    with pytest.raises(UserError) as refused:
        load_settings({name: value})
    assert name in refused.value.sentence.in_language("de")


def test_the_least_of_each_limit_is_taken() -> None:
    found = load_settings({"KKZ_READER_SECONDS": "1", "KKZ_READER_MEGABYTES": "1", "KKZ_SETTLE_SECONDS": "0"})
    assert (found.limits.seconds, found.limits.megabytes, found.settle_seconds) == (1, 1, 0)
    with pytest.raises(UserError):
        load_settings({"KKZ_READER_SECONDS": "0"})


def test_an_account_is_a_token_or_user_and_password_and_is_never_shown() -> None:
    token = load_credentials("regionalstatistik", {"KKZ_REGIONALSTATISTIK_TOKEN": "geheim"})
    assert token is not None
    assert "geheim" not in repr(token)
    both = {"KKZ_GENESIS_USER": "nutzerin", "KKZ_GENESIS_PASSWORD": "wort"}
    account = load_credentials("genesis", both)
    assert account is not None
    assert (account.user, account.password) == ("nutzerin", "wort")
    assert load_credentials("genesis", {"KKZ_GENESIS_USER": "nutzerin"}) is None


def test_a_name_that_nobody_reads_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(UserError, match="no setting KKZ_KEEP_BACKUP; perhaps KKZ_KEEP_BACKUPS"):
        load_settings({"KKZ_KEEP_BACKUP": "30"})
    with pytest.raises(UserError, match="no setting KKZ_FARBE"):
        load_settings({"KKZ_FARBE": "rot"})
    load_settings({"KKZ_GENESIS_TOKEN": "x", "KKZ_SHARED": "/x", "FARBE": "rot"})
    assert set(re.findall(r"KKZ_[A-Z_]*[A-Z]\b", settings.__doc__ or "")) == settings.NAMES


def test_half_of_a_mail_server_or_of_its_account_is_refused_and_nothing_of_it_is_none() -> None:
    whole = {"KKZ_MAIL_HOST": "mail.example", "KKZ_MAIL_SENDER": "kkz@stiftung.example"}
    found = load_mail_server(whole)
    assert found is not None
    assert (found.host, found.port, found.sender) == ("mail.example", 587, "kkz@stiftung.example")
    assert load_mail_server({}) is None
    for name in whole:
        with pytest.raises(UserError, match=f"missing: {name}"):
            load_mail_server({key: value for key, value in whole.items() if key != name})
    with pytest.raises(UserError, match="missing: KKZ_MAIL_PASSWORD"):
        load_mail_server({**whole, "KKZ_MAIL_USER": "kkz"})
    with pytest.raises(UserError, match="65535"):
        load_mail_server({**whole, "KKZ_MAIL_PORT": "70000"})


def test_who_publishes_stands_in_one_line_and_nobody_is_nobody(tmp_path: Path) -> None:
    found = load_settings({"KKZ_PUBLISHER": "  Stiftung \n Probe ", "KKZ_PUBLISHER_CONTACT": "Büro, 0123"}, home=tmp_path)
    assert (found.publisher, found.publisher_contact) == ("Stiftung Probe", "Büro, 0123")
    assert (load_settings({}, home=tmp_path).publisher, load_settings({}, home=tmp_path).publisher_contact) == ("", "")


SERVER = {
    "KKZ_DESK_SOCKET": "/run/kkz-desk/desk.sock",
    "KKZ_DESK_ADDRESS": "https://desk.example.org",
    "KKZ_PEOPLE": "people.yaml",
}


def test_a_desk_on_a_server_is_said_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_settings({}).server is None
    found = load_settings(SERVER).server
    assert found == DeskServer(Path("/run/kkz-desk/desk.sock"), "https://desk.example.org", tmp_path / "people.yaml")


@pytest.mark.parametrize("name", SERVER)
def test_half_of_a_server_is_refused_since_it_might_be_open(name: str) -> None:
    with pytest.raises(UserError) as refused:
        load_settings({**SERVER, name: ""})
    assert name in refused.value.sentence.in_language("de")


@pytest.mark.parametrize(
    "address", ["desk.example.org", "http://desk.example.org", "https://desk.example.org/", "https://Desk.example.org"]
)
def test_an_address_that_no_browser_sends_is_refused(address: str) -> None:
    with pytest.raises(UserError) as refused:
        load_settings({**SERVER, "KKZ_DESK_ADDRESS": address})
    assert address in refused.value.sentence.in_language("de")


@pytest.mark.parametrize(
    ("address", "place", "url"),
    [
        ("postgresql:///kkz", "localhost/kkz", "postgresql+psycopg2:///kkz"),
        ("postgresql://kkz:ge%40heim@db:5433/kkz", "db:5433/kkz", "postgresql+psycopg2://kkz:ge%40heim@db:5433/kkz"),
        ("postgresql+psycopg2:///kkz?host=/run/pg", "localhost/kkz", "postgresql+psycopg2:///kkz?host=/run/pg"),
    ],
)
def test_the_database_of_the_run_history_is_an_address_whose_place_may_be_shown(address: str, place: str, url: str) -> None:
    found = load_settings({"KKZ_DATABASE": f" {address}\n"}).database
    assert found == Database(place, url)
    assert "heim" not in repr(found)
    assert load_settings({}).database is None


@pytest.mark.parametrize("address", ["geheim", "mysql://kkz:geheim@db/kkz", "postgresql://kkz:ge@heim@db/kkz", "postgresql://db", "postgresql://kkz:ge heim@db/kkz"])  # fmt: skip
def test_what_is_no_address_of_a_database_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(UserError) as refused:
        load_settings({"KKZ_DATABASE": address})
    assert "heim" not in refused.value.sentence.in_language("de")


def test_objects_are_in_the_home_or_in_the_object_store_that_is_named(tmp_path):
    assert load_settings({"KKZ_HOME": str(tmp_path)}).store == str(tmp_path)
    there = load_settings({"KKZ_HOME": str(tmp_path), "KKZ_STORE": "s3://bucket/folder"})
    assert (there.store, there.home) == ("s3://bucket/folder", tmp_path)


REFUSED = {
    "KKZ_HOME": ["s3://bucket/home"],
    "KKZ_INBOX": ["smb://server/inbox"],
    "KKZ_CONTRACTS": ["https://example.org/contracts"],
    "KKZ_STORE": ["some/folder", "ftp://x", "s3://b?x=1"],
    "KKZ_BACKUPS": ["ftp://x"],
    "KKZ_SCHEDULER": ["127.0.0.1:8786", "https://example.org"],
    "KKZ_REPORTS_URL": ["desk.example.org", "ftp://desk.example.org"],
    "KKZ_LANGUAGE": ["fr"],
    "KKZ_MODEL_WORLD": ["yes"],
    "KKZ_METRICS_PORT": ["http", "70000"],
    "KKZ_READER_SECONDS": ["0"],
    "KKZ_READER_MEGABYTES": ["viel"],
    "KKZ_SETTLE_SECONDS": ["-1"],
    "KKZ_KEEP_BACKUPS": ["all"],
    "KKZ_KEEP_DRAFTS": ["all"],
    "KKZ_KEEP_LOG_DAYS": ["all"],
    "KKZ_KEEP_RUN_DAYS": ["all"],
}
"""Values that a setting does not take."""
SEVERAL_OR_SECRET = {name for name in settings.NAMES if name.startswith(("KKZ_MAIL_", "KKZ_DESK_"))} | {
    "KKZ_PEOPLE",
    "KKZ_DATABASE",
}
ANY_WORDS = {"KKZ_CONTACT", "KKZ_PUBLISHER", "KKZ_PUBLISHER_CONTACT"}


def test_every_setting_takes_any_words_or_refuses_some() -> None:
    assert REFUSED.keys() | SEVERAL_OR_SECRET | ANY_WORDS == settings.NAMES


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REFUSED.items() for value in values])
def test_a_value_that_a_setting_does_not_take_is_said_with_its_name_and_what_is_expected(name: str, value: str) -> None:
    with pytest.raises(UserError) as refused:
        load_settings({name: value})
    for language, is_so in (("de", f"{name} ist „{value}“"), ("en", f'{name} is "{value}"')):
        what, _, next_step = refused.value.sentence.in_language(language).partition(is_so)
        assert (what, len(next_step) > 20) == ("", True)


@pytest.mark.parametrize("name", ["KKZ_HOME", "KKZ_INBOX", "KKZ_CONTRACTS", "KKZ_REPORTS_URL"])
def test_a_setting_that_is_left_empty_is_as_none(name: str) -> None:
    assert load_settings({name: ""}) == load_settings({})


def test_backups_are_in_a_folder_or_an_object_store() -> None:
    assert [load_settings({"KKZ_BACKUPS": place}).backups for place in ("/mnt/backups", "s3://bucket")] == [
        "/mnt/backups",
        "s3://bucket",
    ]
