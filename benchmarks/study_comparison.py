"""Does the chosen comparison keep its promises where trends differ, and what would others do? Run as `python -m benchmarks.study_comparison [WORLDS]`.

Belongs here: many worlds of comparison_worlds.py, what is counted over them, build/study_comparison.json, and with `--keep` the copy that
reports quote (kkz_eval/evaluation/verdict/study.json). Does not belong here: pass or fail (tests/benchmarks has a small version).

Effects are in units of the minimum detectable effect of the chosen comparison (2.8 standard deviations of its estimate over the first worlds):
small is half of it, large one and a half times. A difference smaller than the large effect is taken as one that does not matter.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks.comparison_worlds import (
    CHOSEN,
    COMPARISONS,
    LEVEL,
    MDE_FACTOR,
    PRIMARY,
    SERIES,
    Study,
    studied,
    verdict_on,
)
from kkz_eval.evaluation.verdict.rules import rules
from kkz_eval.evaluation.verdict.study import RESULT, StudyOfComparisons, study_from
from kkz_eval.settings import CHECKOUT

VERSION = 1
WORLDS, DRAWS, FIRST = 2000, 999, 200
SIZES = {"none": 0.0, "small": 0.5, "large": 1.5}  # of the minimum detectable effect
RESULT_FILE = CHECKOUT / "build" / "study_comparison.json"
KEPT_FILE = CHECKOUT / "kkz_eval" / "evaluation" / "verdict" / RESULT
NAMES = SERIES
_DIGITS = 4


@dataclass(frozen=True)
class Counted:
    """What is counted in one world. Arrays by series: (K,) each."""

    estimates: Mapping[str, np.ndarray]  # by comparison
    rejects: Mapping[str, np.ndarray]
    by_law: np.ndarray
    by_kind_law: np.ndarray
    found: Mapping[str, np.ndarray]  # by size of effect
    verdicts: Mapping[str, Mapping[str, str]]  # by size of effect and primary outcome


def counted(study: Study, mde: np.ndarray) -> Counted:
    """One world. mde: (K,) minimum detectable effects."""
    columns = range(len(NAMES))
    signed = {"small": 1, "large": 1, "small_mirrored": -1, "large_mirrored": -1}
    found = {
        name: np.array([study.chosen.p(k, sign * SIZES[name.partition("_")[0]] * mde[k]) <= LEVEL for k in columns])
        for name, sign in signed.items()
    }
    verdicts = {}
    for size, factor in SIZES.items():
        effects = {name: factor * float(mde[NAMES.index(name)]) for name in PRIMARY}
        given = {name: verdict_on(study, name, effects, SIZES["large"] * float(mde[NAMES.index(name)])) for name in PRIMARY}
        verdicts[size] = {name: f"{verdict.code}:{verdict.written_form}" for name, verdict in given.items()}
    kind_law = study.distribution("kind", "zero")
    return Counted(
        estimates={comparison: study.estimates(comparison)[0] for comparison in COMPARISONS},
        rejects={comparison: study.rejects(comparison) for comparison in COMPARISONS},
        by_law=np.array([study.chosen.p(k, 0.0) <= LEVEL for k in columns]),
        by_kind_law=np.array([kind_law.p(k, 0.0) <= LEVEL for k in columns]),
        found=found,
        verdicts=verdicts,
    )


def study(worlds: int, draws: int = DRAWS) -> StudyOfComparisons:
    """The study over worlds 0 to worlds − 1."""
    all_studies = (studied(seed, draws) for seed in range(worlds))
    first = [one.estimates(CHOSEN)[0] for one in (studied(seed, 1) for seed in range(min(worlds, FIRST))) if one is not None]
    mde = MDE_FACTOR * np.std(first, axis=0, ddof=1)
    found = [None if one is None else counted(one, mde) for one in all_studies]
    kept = [one for one in found if one is not None]
    return study_from(
        {
            "version": VERSION,
            "made": datetime.now(UTC).date().isoformat(),
            "command": "python -m benchmarks.study_comparison --keep",
            "rules_version": rules().version,
            "worlds": worlds,
            "refused": worlds - len(kept),
            "draws": draws,
            "series": {name: _series(kept, place, float(mde[place])) for place, name in enumerate(NAMES)},
        }
    )


def _series(worlds: Sequence[Counted], place: int, mde: float) -> dict[str, Any]:
    name = NAMES[place]
    return {
        "own_test_size": {comparison: _share(one.rejects[comparison][place] for one in worlds) for comparison in COMPARISONS},
        "bias": {comparison: _share(one.estimates[comparison][place] for one in worlds) for comparison in COMPARISONS},
        "law_size": _share(one.by_law[place] for one in worlds),
        "kind_law_size": _share(one.by_kind_law[place] for one in worlds),
        "coverage": _share(not one.by_law[place] for one in worlds),
        "mde": round(mde, _DIGITS),
        "effects": {size: round(factor * mde, _DIGITS) for size, factor in SIZES.items()},
        "power": {size: _share(one.found[size][place] for one in worlds) for size in worlds[0].found},
        "verdicts": {
            size: {
                verdict: round(count / len(worlds), _DIGITS)
                for verdict, count in sorted(Counter(one.verdicts[size][name] for one in worlds).items())
            }
            for size in SIZES
            if name in PRIMARY
        },
    }


def _share(values: Any) -> float:
    return round(float(np.mean([float(value) for value in values])), _DIGITS)


def content_of(found: StudyOfComparisons) -> str:
    """As a file."""
    content = {**vars(found), "made": found.made.isoformat(), "series": {name: asdict(one) for name, one in found.series.items()}}
    return json.dumps(content, indent=2) + "\n"


def print_study(found: StudyOfComparisons) -> None:
    """As a table."""
    print(
        f"{found.worlds} worlds without an effect ({found.refused} without a law), {found.draws} draws each; share of rejections at 5 %"
    )
    print(
        f"{'series':<34} {'two-way':>8} {'kind':>6} {'need':>6} {'both':>6} {'kind θ=0':>9} {'both θ̂':>7} {'bias 2w':>8} {'bias both':>9} {'MDE':>6}"
    )
    for name, one in found.series.items():
        sizes = [one.own_test_size[comparison] for comparison in COMPARISONS]
        print(
            f"{name:<34} {sizes[0]:>8.3f} {sizes[1]:>6.3f} {sizes[2]:>6.3f} {sizes[3]:>6.3f} {one.kind_law_size:>9.3f} {one.law_size:>7.3f} "
            f"{one.bias['two_way']:>8.2f} {one.bias[CHOSEN]:>9.2f} {one.mde:>6.2f}"
        )
    for name, one in found.series.items():
        power = ", ".join(f"{size} {share:.3f}" for size, share in one.power.items())
        print(f"{name}: coverage {one.coverage:.3f}; found where there is an effect: {power}")
        for size, shares in one.verdicts.items():
            print(
                f"  {size} ({one.effects[size]:+.2f}): "
                + ", ".join(f"{verdict} {share:.3f}" for verdict, share in shares.items())
            )


def main(arguments: Sequence[str]) -> int:
    """Prints the study and writes build/study_comparison.json; --keep: the copy that reports quote, too; a number: of worlds, 2,000 without one."""
    numbers = [int(argument) for argument in arguments if argument != "--keep"]
    found = study(numbers[0] if numbers else WORLDS)
    print_study(found)
    RESULT_FILE.parent.mkdir(parents=True, exist_ok=True)
    for file in (RESULT_FILE, *([KEPT_FILE] if "--keep" in arguments else [])):
        file.write_text(content_of(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
