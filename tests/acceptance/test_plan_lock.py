"""A plan is locked on its baseline before anything is estimated; every later result says whether it follows, and where not."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest
import yaml
from whole_runs import CONTRACTS, add, change, copy_of, open_world, settings_of, take_in_and_judge, whole_run

from kkz_eval.cli import main
from kkz_eval.commands.plan import lock_plan, show_plan
from kkz_eval.evaluation.lock import Conformity, Standing
from kkz_eval.line.installation import open_installation
from kkz_eval.line.snapshot import current_snapshot
from kkz_eval.line.study import Study
from kkz_eval.model.errors import UserError
from kkz_eval.simulation.layout import official_name
from kkz_eval.storage.store import Store

LOCK = "modellwelt.lock"


@pytest.fixture(scope="module")
def locked(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small world whose plan was locked from its inbox, by the command; nothing else has run."""
    world = copy_of(fresh, tmp_path_factory.mktemp("lock") / "world")
    with redirect_stdout(StringIO()) as said:
        code = main(
            ["plan", "lock", str(world / "plan.yaml"), "--inbox", str(world / "deliveries"), "--home", str(world / "home")]
        )
    assert code == 0, said.getvalue()
    assert "folgen ihm ohne Abweichung" in said.getvalue()
    return world


def _standing(world: Path) -> Conformity:
    """How the plan of a world stands to its lock, on what is accepted from its inbox; without a report."""
    line = open_world(world)
    take_in_and_judge(line)
    (plan,) = line.plans.values()
    return Study(current_snapshot(line), plan).conformity


def _deviations(world: Path) -> list[str]:
    return [said.in_language("de") for said in _standing(world).sentences[1:]]


def _edit(world: Path, old: str, new: str) -> None:
    plan = (world / "plan.yaml").read_text(encoding="utf-8")
    assert old in plan
    (world / "plan.yaml").write_text(plan.replace(old, new, 1), encoding="utf-8")


def test_locking_estimates_nothing_and_keeps_the_lock_twice(locked: Path) -> None:
    lock = (locked / LOCK).read_bytes()
    assert Store.at(str(locked / "home")).get("locks/modellwelt/0001.lock") == lock
    assert not list((locked / "home").glob("derived/effects*"))
    assert not (locked / "home" / "reports").exists()
    pages = {file.name for file in locked.glob("modellwelt.registry.*")}
    assert pages == {"modellwelt.registry.de.md", "modellwelt.registry.en.md", "modellwelt.registry.json"}, (
        "for a public registry"
    )
    content = yaml.safe_load(lock)
    assert (content["reports_before"], content["baseline_until"], content["plan"]["id"]) == (0, 2011, "modellwelt")


def test_a_plan_is_not_locked_while_a_file_of_the_inbox_can_not_be_read(locked: Path, tmp_path: Path) -> None:
    world = copy_of(locked, tmp_path / "w")
    (world / "deliveries" / "verloren.csv").symlink_to("nirgendwo.csv")
    assert lock_plan(settings_of(world), world / "plan.yaml") == 0, "a lock that is there stays"
    (world / LOCK).unlink()
    with pytest.raises(UserError, match=r"verloren\.csv") as refused:
        lock_plan(settings_of(world), world / "plan.yaml")
    assert (refused.value.code, (world / LOCK).exists()) == ("lock_with_unread", False)


def test_results_that_follow_the_lock_say_so(locked: Path, tmp_path: Path) -> None:
    assert _standing(copy_of(locked, tmp_path / "w")).standing is Standing.FOLLOWED


def test_a_changed_plan_is_named_key_by_key_in_the_report_and_beside_it(locked: Path, tmp_path: Path) -> None:
    world = copy_of(locked, tmp_path / "w")
    _edit(world, "coverage: {minimum: 0.95}", "coverage: {minimum: 0.9}")
    page = whole_run(open_world(world))
    said = "coverage_minimum: festgelegt war 0.95, jetzt steht da 0.9."
    record = json.loads((page.parent / "conformity.json").read_text(encoding="utf-8"))
    assert (record["standing"], record["sentences"]["de"][1:]) == ("deviating", [said])
    report = page.read_text(encoding="utf-8")
    assert said in report
    assert report.count("die Ergebnisse weichen davon ab (Abweichungen: 1)") == 2  # in the summary and with the data


def test_a_value_after_the_start_is_no_deviation_and_one_before_is(locked: Path, tmp_path: Path) -> None:
    move = {"ohne Hauptschulabschluss": 40, "mittlerer Abschluss": -40}
    for year, wanted in ((2012, []), (2011, ["Ausgangswerte von schulabgaenge_ohne_abschluss: andere als bei der Festlegung."])):
        world = copy_of(locked, tmp_path / str(year))
        change(world / "deliveries" / official_name("schulabgaenge", year), add("05111", str(year), move))
        assert _deviations(world) == wanted


def test_a_variant_is_exploratory_beside_the_locked_plan(locked: Path, tmp_path: Path) -> None:
    world = copy_of(locked, tmp_path / "w")
    _edit(world, "id: modellwelt", "id: variante\nvariant_of: modellwelt")
    _edit(world, "seed: 1", "seed: 2")
    found = _standing(world)
    assert found.standing is Standing.EXPLORATORY
    assert [said.in_language("de") for said in found.sentences[1:]] == ["seed: festgelegt war 1, jetzt steht da 2."]
    assert found.headline.in_language("de").startswith("Explorativ: Der Plan variante")
    with pytest.raises(UserError) as refused:
        lock_plan(settings_of(world), world / "plan.yaml")
    assert refused.value.code == "variant_not_locked"


def test_locking_again_is_nothing_new_and_a_changed_plan_is_refused(
    locked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = copy_of(locked, tmp_path / "w")
    before = (world / LOCK).read_bytes()
    assert lock_plan(settings_of(world), world / "plan.yaml") == 0
    assert len(list((world / "home" / "locks").rglob("*.lock"))) == 1
    _edit(world, "seed: 1", "seed: 2")
    with pytest.raises(UserError) as refused:
        lock_plan(settings_of(world), world / "plan.yaml")
    assert (refused.value.code, (world / LOCK).read_bytes()) == ("plan_locked_already", before)
    assert "variant_of: modellwelt" in refused.value.sentence.in_language("de")
    capsys.readouterr()
    assert show_plan(settings_of(world), world / "plan.yaml") == 0
    shown = capsys.readouterr().out
    assert "seed: festgelegt war 1, jetzt steht da 2." in shown
    assert "13 Kreise (Beginn 2012) mit 17 der Vergleichsgruppe" in shown


def test_a_lock_put_in_place_of_another_is_told(locked: Path, tmp_path: Path) -> None:
    world = copy_of(locked, tmp_path / "w")
    (world / LOCK).unlink()
    report = world / "home" / "reports" / "modellwelt" / "0123456789abcdef" / "bericht.html"
    report.parent.mkdir(parents=True)
    report.write_text("an earlier report", encoding="utf-8")
    _edit(world, "seed: 1", "seed: 2")
    assert lock_plan(settings_of(world), world / "plan.yaml") == 0
    found = _standing(world)
    assert found.standing is Standing.DEVIATING
    headline, replaced = (said.in_language("de") for said in found.sentences)
    assert "lagen schon Berichte dieses Plans vor (Anzahl: 1)" in headline
    assert "Schon am" in replaced


def test_without_the_file_the_lock_of_the_store_holds(locked: Path, tmp_path: Path) -> None:
    world = copy_of(locked, tmp_path / "w")
    (world / LOCK).unlink()
    assert _standing(world).standing is Standing.FOLLOWED


def test_a_lock_changed_by_hand_stops_with_a_sentence(locked: Path, tmp_path: Path) -> None:
    world = copy_of(locked, tmp_path / "w")
    lock = (world / LOCK).read_text(encoding="utf-8")
    (world / LOCK).write_text(lock.replace("seed: 1", "seed: 3"), encoding="utf-8")
    with pytest.raises(UserError) as refused:
        open_world(world)
    assert refused.value.code == "lock_changed"


def test_a_plan_is_checked_without_dagster_and_without_a_warning(tmp_path: Path) -> None:
    plan = CONTRACTS / "plans" / "modellwelt.yaml"
    code = f"import sys; from kkz_eval.cli import main; code = main(['plan', 'check', {str(plan)!r}]); sys.exit(code or 'dagster' in sys.modules)"
    said = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")


def test_checking_a_plan_without_data_says_that_they_were_not_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = CONTRACTS / "plans" / "modellwelt.yaml"
    assert main(["plan", "check", str(plan), "--home", str(tmp_path / "home")]) == 0
    assert "wurde nicht geprüft" in capsys.readouterr().out
    assert not (tmp_path / "home").exists()


def test_checking_a_plan_says_what_the_accepted_data_cover(locked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "check", str(locked / "plan.yaml"), "--home", str(locked / "home")]) == 0
    said = capsys.readouterr().out
    assert "Abdeckung der Zeiträume" in said
    assert "Zellen (Kreis und Jahr) in" in said


def test_checking_a_plan_names_years_before_the_start_that_units_lack(
    locked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = yaml.safe_load((locked / "plan.yaml").read_text(encoding="utf-8"))
    indicator = plan["outcomes"][0]["indicator"]
    plan["comparison"] = {"within": ["kind"], "adjust": [f"{indicator}:1950-1952"]}
    other = tmp_path / "plan.yaml"
    other.write_text(yaml.safe_dump({**plan, "id": "other", "audit": {"strata": ["kind"]}}, allow_unicode=True), encoding="utf-8")
    assert main(["plan", "check", str(other), "--home", str(locked / "home")]) == 0
    assert f"{indicator}:1950-1952, das der Plan aus Jahren vor dem Beginn bildet: Nur 0 von 30" in capsys.readouterr().out


def test_a_plan_without_data_is_not_locked_but_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_bytes((CONTRACTS / "plans" / "modellwelt.yaml").read_bytes())
    options = [str(plan), "--home", str(tmp_path / "home")]
    assert main(["plan", "lock", *options]) == 2
    assert "lässt sich noch nicht festlegen" in capsys.readouterr().err
    assert main(["plan", "show", *options]) == 0
    assert "noch nichts angenommen" in capsys.readouterr().out
    assert not list(tmp_path.glob("*.lock"))
    open_installation(settings_of(tmp_path), [plan])
