"""Charts of a few objects, for tests of releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.helm.charts import ChartSource
from deployer.helm.client import WantedRelease
from deployer.settings.charts import WantedChart

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = "0.1.0"


def release_of(
    folder: Path, name: str, templates: Mapping[str, str], values: Mapping[str, Any]
) -> WantedRelease:
    """Write a chart into a folder; return a release of it, in a namespace of its own.

    Args:
        folder: empty.
        name: of chart, release and namespace.
        templates: of the chart, by the names of their files.
        values: of the release.

    """
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {VERSION}\n")
    (folder / "templates").mkdir()
    for file, template in templates.items():
        (folder / "templates" / file).write_text(template)
    chart = WantedChart(name, VERSION, setting="", digest=None)
    return WantedRelease(name, name, ChartSource(chart, "https://charts.example.org"), folder, values)
