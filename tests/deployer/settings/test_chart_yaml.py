"""HELM_VALUES are read as helm reads them: helm itself is the judge."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.helm.binary import find_helm
from deployer.settings.chart_yaml import load_chart_values

if TYPE_CHECKING:
    from pathlib import Path

SCALARS = (
    "12:30 22:22 1:30:00 1e3 1E5 1e+3 -1e3 1.5e-3 1e 1e400 1e-400 .5 -.5 +.5 5. .e3 . .1_0 1_0.5 1.2.3 08.5",
    "0o10 0o78 0o 010 08 09 +010 -010 0_7 00 -0 0.0 0x1F 0X1F -0x1f 0x 0x1p-2 0b11 -0b11 0b2 0b_1 1_000 1__0",
    "_1 1_ +12 -5 99999999999999999999 0777777777777777777777777 0xFFFFFFFFFFFFFFFFFF",
    "y n Y N yes No ON off yEs true TRUE True False 2026-11-26 2026-11-26T10:00:00Z Infinity NaN inf <<x",
)
DOCUMENTS = (
    "a: &a {x: 1}\nb: {<<: *a, w: 2}",
    "a: &a {x: 1}\nb: {w: 2, <<: [*a, {x: 3, z: 4}]}",
    "a: &a {x: 1}\nb: {x: 5, <<: *a}",
    "a: &x 5\nb: *x\n? *x\n: c",
    "1: a\ntrue: b\n1.5: c\n2.0: d",
    "a: !!str 5\nb: ! 5\nc: !!int 5\nd: !!float 5\ne: !!bool yes",
    "a: '<<'\nb: <<\nc: [<<]\nd: '12'\ne: \"1e3\"",
    "a: |\n  text\n   more\nb: >-\n  folded\n  text\nc: []\nd: {}",
)
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: shown\nversion: 0.1.0\n",
    "templates/shown.yaml": "{{ .Values | toRawJson | fail }}\n",
}


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a chart that fails with its values as JSON."""
    folder = tmp_path_factory.mktemp("shown")
    (folder / "templates").mkdir()
    for name, content in CHART.items():
        (folder / name).write_text(content)
    return folder


def read_by_helm(chart: Path, document: str) -> Any:
    helm = find_helm()
    if helm is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    command = (helm, "template", "shown", chart, "--values", "-")
    ran = subprocess.run(command, input=document, capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r"shown\.yaml:\d+:\d+\): (.*)", ran.stderr)
    assert found is not None, ran.stderr
    return json.loads(found[1])


def test_plain_scalars_are_read_as_by_helm(chart: Path) -> None:
    scalars = " ".join(SCALARS).split()
    document = "".join(f"k{number}: {scalar}\n" for number, scalar in enumerate(scalars))
    by_helm, ours = read_by_helm(chart, document), load_chart_values(document)
    different = [
        (scalar, by_helm[key], ours[key])
        for number, scalar in enumerate(scalars)
        if (key := f"k{number}") and (by_helm[key] != ours[key] or kind(by_helm[key]) != kind(ours[key]))
    ]
    assert different == []


def kind(value: object) -> str:
    """Return the kind of a value in JSON, which has one kind of numbers."""
    return "number" if type(value) in {int, float} else type(value).__name__


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_are_read_as_by_helm(chart: Path, document: str) -> None:
    assert load_chart_values(document) == read_by_helm(chart, document)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)


@given(tree=st.dictionaries(st.text(), TREES, max_size=3))
def test_whatever_json_says_is_read_as_it_says(tree: dict[str, Any]) -> None:
    for written in (json.dumps(tree), json.dumps(tree, ensure_ascii=False)):
        try:
            written.encode()
        except UnicodeEncodeError:
            continue
        assert load_chart_values(written) == tree
