"""`make reliability`: tries every cell, and prints what came of each."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sandbox.client import start_in_background
from tests.conftest import TIME_SCALE
from tests.reliability.cells import packed
from tests.reliability.trial import Ending, try_cells

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox
    from tests.reliability.cells import Cell

PACK = 6


def main() -> None:
    """Exit with 1 when a cell ended a run."""
    with TemporaryDirectory(prefix="reliability-") as folder:
        sandbox = start_in_background(Path(folder), f"--time-scale={TIME_SCALE}", ends_with_us=True)
        try:
            counts = Counter(ending for pack in packed(PACK) for ending in _try(sandbox, pack, Path(folder)))
        finally:
            sandbox.stop()
    sys.stdout.write(f"{dict(counts)}\n")
    sys.exit(1 if counts[Ending.ENDED] or counts[Ending.ENDED_BADLY] else 0)


def _try(sandbox: RunningSandbox, pack: tuple[Cell, ...], folder: Path) -> list[Ending]:
    """Try a pack, and each of its cells alone when the pack as a whole has ended the run."""
    trial = try_cells(sandbox, pack, folder / "outputs")
    endings = dict(trial.endings)
    if set(endings.values()) & {Ending.ENDED, Ending.ENDED_BADLY} and len(pack) > 1:
        for cell in pack:
            endings |= try_cells(sandbox, (cell,), folder / "outputs").endings
    for name, ending in endings.items():
        sys.stdout.write(f"{ending.value:45} {name}\n")
    sys.stdout.flush()
    return list(endings.values())


if __name__ == "__main__":
    main()
