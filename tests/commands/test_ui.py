"""The desk begins without what only estimates need: whoever opens the first page waits for no statistics."""

from __future__ import annotations

import subprocess
import sys


def test_the_desk_loads_no_statistics_before_it_answers() -> None:
    code = "import sys, kkz_eval.commands.ui; sys.exit(' '.join({'scipy', 'statsmodels'} & sys.modules.keys()) or 0)"
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stderr) == (0, "")
