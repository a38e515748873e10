"""Releases of a small chart: what helm has stored of one, and what the cluster refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.errors import HelmError
from deployer.helm.charts import ChartSource
from deployer.helm.client import WantedRelease
from deployer.settings.charts import WantedChart

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.helm.client import Helm

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "stored"
# Helm refuses control characters beyond the tab.
TEXT = "tab\t 'quoted' \"twice\" \\n é 😀 \u2028 \ufeff = {{ .Values }}\n---\nkind: none"
OBJECT = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: NAME, annotations: {ANNOTATIONS}}
data: {text: {{ .Values.text | quote }}}
"""
CHART = {
    "Chart.yaml": f"apiVersion: v2\nname: {NAME}\nversion: 0.1.0\n",
    "templates/text.yaml": OBJECT.replace("NAME", "text").replace("ANNOTATIONS", ""),
    "templates/kept.yaml": OBJECT.replace("NAME", "kept").replace(
        "ANNOTATIONS", "helm.sh/hook: post-install"
    ),
    "templates/removed.yaml": OBJECT.replace("NAME", "removed").replace(
        "ANNOTATIONS", "helm.sh/hook: post-install, helm.sh/hook-delete-policy: hook-succeeded"
    ),
    "templates/later.yaml": OBJECT.replace("NAME", "later").replace(
        "ANNOTATIONS", "helm.sh/hook: pre-delete"
    ),
}


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """Write a chart with an object, and with hooks that stay, go, or have not run."""
    (tmp_path / "templates").mkdir()
    for name, content in CHART.items():
        (tmp_path / name).write_text(content)
    return tmp_path


@pytest.fixture
def wanted(chart: Path) -> WantedRelease:
    source = ChartSource(WantedChart(NAME, "0.1.0", setting="", digest=None), "https://charts.example.org")
    return WantedRelease(NAME, NAME, source, chart, {"text": TEXT})


async def test_a_release_is_read_as_it_was_installed(helm: Helm, wanted: WantedRelease) -> None:
    assert await helm.find(NAME, NAME) is None
    assert await helm.install(wanted, roll_back=False) == 1
    found = await helm.find(NAME, NAME)
    assert found is not None
    assert found.matches(wanted.chart, wanted.values)
    assert found.revision == 1
    assert {each["metadata"]["name"]: each["data"]["text"] for each in found.resources} == {
        "text": TEXT,
        "kept": TEXT,
    }
    await helm.uninstall(NAME, NAME)
    assert await helm.find(NAME, NAME) is None


async def test_an_object_with_a_field_that_does_not_exist_is_refused(
    helm: Helm, wanted: WantedRelease
) -> None:
    template = wanted.package / "templates" / "text.yaml"
    template.write_text(template.read_text() + "dataa: {text: misspelt}\n")
    with pytest.raises(HelmError, match=r"\.dataa: field not declared") as refused:
        await helm.install(wanted, roll_back=False)
    assert not refused.value.retryable
    await helm.uninstall(NAME, NAME)
