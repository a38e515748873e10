"""Renders a chart without a cluster, so that it can refuse values before anything is created."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from pyhelm3.errors import Error

from deployer.helm.failures import error_line, explained, repeated
from deployer.helm.process import HelmProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# For a cluster with the default version of AKS, which only AKS knows.
KUBERNETES_VERSION = "1.34"

_CHART = re.compile(r"(?P<name>[\w-]+):")
_REASON = re.compile(r"\s*- at '(?P<pointer>[^']*)': (?P<reason>.+)")
# Of several alternatives: the reasons against each follow on their own lines.
_SUMMARY = re.compile(r"(one|any|all)Of failed")
# Without the value, which may be a secret.
_REWORDED = (
    (re.compile(r"'.*' (does not match pattern '.*'|is not valid [\w-]+).*"), r"the value \1"),
    (re.compile(r"additional properties (.*) not allowed"), r"the chart has no key \1"),
)


async def find_refusals(
    helm: Path, package: Path, chart: str, values: Mapping[str, Any], kubernetes_version: str | None
) -> list[str]:
    """Return what a chart refuses in its values, one reason each; none if it can be rendered.

    Args:
        helm: the helm program.
        package: of the chart.
        chart: its name.
        values: all values; passed on standard input, never as arguments.
        kubernetes_version: of the cluster; None for the default of AKS.

    Raises:
        HelmError: helm did not end in time.

    """
    version = kubernetes_version or KUBERNETES_VERSION
    command = ("template", chart, package, "--kube-version", version, "--values", "-")

    async def render() -> list[str]:
        try:
            await HelmProcess(helm, package.parent).run(command, json.dumps(values).encode())
        except Error as error:
            return list(reasons_in(error.stderr.decode(errors="replace"), chart))
        return []

    return await explained(f"Helm could not render {chart}", repeated(render))


def reasons_in(stderr: str, chart: str) -> Iterator[str]:
    """Yield the reasons of the schema, each with its key, else the error of a template.

    Args:
        stderr: of helm.
        chart: its name; helm lists the reasons of each chart inside it below the name of that.

    """
    above: list[str] = []
    reasons = []
    for line in stderr.splitlines():
        if heading := _CHART.fullmatch(line):
            above = [heading["name"]] if heading["name"] != chart else []
        elif (found := _REASON.fullmatch(line)) and not _SUMMARY.match(found["reason"]):
            key = ".".join([*above, *_keys(found["pointer"])])
            reasons.append(f"{key or 'at the top level'}: {_reworded(found['reason'])}")
    # helm lists the reasons in another order each time.
    yield from sorted(reasons) or [error_line(stderr)]


def _keys(pointer: str) -> list[str]:
    """Return the keys of a JSON pointer (RFC 6901)."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def _reworded(reason: str) -> str:
    for pattern, words in _REWORDED:
        reason = pattern.sub(words, reason)
    return reason
