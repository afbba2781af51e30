"""Makes the values that these tests share (contract_values.py) importable; tests are no packages (import mode importlib)."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
