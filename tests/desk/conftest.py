"""What the tests of the desk share: the desk as it is served (served.py, one folder up, for tests of whole runs need it too), and homes (faulty_home.py)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "acceptance"))  # steward_home.py
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "line"))  # the small world that was judged once, kept editions
