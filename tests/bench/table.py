"""The table of docs/performance.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

BEGIN, END = "<!-- table: make bench -->\n", "<!-- end of table -->\n"
HEADER = "| | this image | azure-cli, kubectl, helm | ratio | limit |\n| --- | --: | --: | --: | --: |"


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        what: was measured.
        unit: of the figures.
        ours: of this image.
        theirs: of the image that it is compared with, where that has something like it.
        limit: that we hold ourselves to.

    """

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    limit: float | None = None

    def as_markdown(self) -> str:
        """Return the line of the table."""
        ratio = f"1 : {self.theirs / self.ours:.1f}" if self.theirs else ""
        cells = (
            self.what,
            self._figure(self.ours),
            self._figure(self.theirs),
            ratio,
            self._figure(self.limit),
        )
        return f"| {' | '.join(cells)} |"

    def _figure(self, value: float | None) -> str:
        if value is None:
            return ""
        digits = 0 if self.unit == "MB" else 2
        return f"{value:.{digits}f} {self.unit}"


def replace_table(page: Path, rows: Sequence[Row]) -> str:
    """Write the table into a page, in the place of the one that is there; return the table."""
    table = "\n".join([HEADER, *(row.as_markdown() for row in rows)])
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}{table}\n{END}{after}", encoding="utf-8")
    return table
