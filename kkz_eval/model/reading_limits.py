"""What reading one file may take of the processor and of memory. Not how that is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What reading one file may take, besides what its size allows for. seconds: of the processor; megabytes: over what the process holds already."""

    seconds: int = 60
    megabytes: int = 2048

    def seconds_for(self, n_bytes: int) -> int:
        """Seconds of the processor for a file of that size."""
        return self.seconds + 2 * (n_bytes // 2**20)

    def bytes_for(self, n_bytes: int) -> int:
        """Memory for a file of that size."""
        return self.megabytes * 2**20 + 16 * n_bytes


DEFAULT_LIMITS = Limits()
