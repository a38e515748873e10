"""A chart judges values without a cluster: by its schema and its templates, and without showing values."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from deployer.helm.binary import find_helm
from deployer.helm.rendering import find_refusals, reasons_in
from deployer.helm.values import merge
from deployer.quoting import GUARD
from sandbox.internet.charts.packages import OWN_CHARTS, pack
from tests.deployer.hubs import GITHUB, MODES, values_of

if TYPE_CHECKING:
    from pathlib import Path

# What helm prints where the chart of BinderHub and that of JupyterHub inside it refuse values.
OF_TWO_CHARTS = """\
Error: values don't meet the specifications of the schema(s) in the following chart(s):
binderhub:
- at '': additional properties 'a', 'b' not allowed
- at '/config': got string, want object
jupyterhub:
- at '/singleuser/memory/limit': oneOf failed, none matched
  - at '/singleuser/memory/limit': got object, want null
- at '/hub/extra~1env': '(canary' does not match pattern '^[a-z]+$'
- at '/hub/contact': 'canary@' is not valid email: no domain in "canary@"
"""


@pytest.fixture
def helm() -> Path:
    found = find_helm()
    assert found is not None
    return found


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Pack the chart of the sandbox, which has a schema like the official one."""
    chart = pack(OWN_CHARTS / "binderhub")
    path = tmp_path / chart.file_name
    path.write_bytes(chart.archive)
    return path


async def refusals(
    helm: Path, package: Path, values: dict[str, Any], version: str | None = None
) -> list[str]:
    return await find_refusals(helm, package, "binderhub", values, version)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
async def test_the_values_of_every_hub_are_accepted(helm: Path, package: Path, mode: dict[str, str]) -> None:
    for values in (values_of(**mode), values_of(**mode, **GITHUB)):
        assert await refusals(helm, package, values.merged()) == []


async def test_wrong_keys_and_types_are_named_all_at_once(helm: Path, package: Path) -> None:
    wrong = {"hubb": {}, "registry": {"url": 5}, "service": {"type": "canary"}}
    assert await refusals(helm, package, merge(values_of().merged(), wrong)) == [
        "registry.url: expected null or string",
        "service.type: must be one of 'ClusterIP', 'NodePort', 'LoadBalancer'",
        "…: the chart has no such key; did you mean hub?",
    ]


async def test_the_version_of_kubernetes_is_that_of_the_settings(helm: Path, package: Path) -> None:
    (refusal,) = await refusals(helm, package, values_of().merged(), "1.27.3")
    assert "incompatible with Kubernetes v1.27.3" in refusal


def test_keys_of_a_chart_inside_have_its_name_and_values_are_not_shown() -> None:
    GUARD.learn(frozenset({"config", "jupyterhub", "hub", "contact", "singleuser", "memory", "limit"}))
    assert list(reasons_in(OF_TWO_CHARTS, "binderhub")) == [
        "config: expected object",
        "jupyterhub.hub.contact: is not valid email",
        "jupyterhub.hub.…: does not match the pattern of the chart",
        "jupyterhub.singleuser.memory.limit: expected null",
        "…: the chart has no such key",
        "…: the chart has no such key",
    ]


def test_the_error_of_a_template_is_a_reason_too() -> None:
    failed = "Error: execution error at (binderhub/templates/NOTES.txt:5:4): \n\nhub.x is now hub.y\n"
    (reason,) = reasons_in(failed, "binderhub")
    assert reason == "execution error at (binderhub/templates/NOTES.txt:5:4): hub.x is now hub.y"


async def test_values_are_no_arguments(tmp_path: Path) -> None:
    program = tmp_path / "helm"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        f"pathlib.Path({str(tmp_path / 'arguments')!r}).write_text(' '.join(sys.argv))\n"
        f"pathlib.Path({str(tmp_path / 'input')!r}).write_text(sys.stdin.read())\n"
    )
    program.chmod(0o755)
    assert await refusals(program, tmp_path / "chart.tgz", {"registry": {"password": "canary"}}) == []
    assert "canary" not in (tmp_path / "arguments").read_text()
    assert "canary" in (tmp_path / "input").read_text()
