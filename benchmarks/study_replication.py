"""Does R find the same from the package for outsiders? Run as `python -m benchmarks.study_replication`.

Belongs here: the package of the model world, its whole script in R, and what both say of how they agree. Does not belong here: pass or fail
(tests/line has a small version).
"""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kkz_eval.cli import main as kkz_eval
from kkz_eval.settings import CHECKOUT

PLAN = CHECKOUT / "data_contracts" / "plans" / "modellwelt.yaml"


def main(_: Sequence[str]) -> int:
    """Prints how many numbers R recomputed and the largest difference; returns the exit code of the script, 0 where there is no R."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        print("Replication in R: left out, there is no Rscript on the path.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        world, home, package = (str(Path(folder) / name) for name in ("world", "home", "package"))
        kkz_eval(["simulate", "--out", world, "--seed", "1"])
        kkz_eval(["run", "--inbox", f"{world}/deliveries", "--home", home, "--plan", str(PLAN)])
        kkz_eval(["export", str(PLAN), "--home", home, "--out", package])
        done = subprocess.run(
            [rscript, f"{package}/replicate.R", package], cwd=folder, capture_output=True, text=True, check=False
        )
        print(done.stdout + done.stderr)
        with (Path(folder) / "replicated.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["R"] != "NA"]
    apart = max(abs(float(row["R"]) - float(row["kkz_eval"])) for row in rows)
    print(f"Replication in R: {len(rows)} numbers, largest difference {apart:.1e}\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
