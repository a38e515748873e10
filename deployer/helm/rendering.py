"""Renders a chart without a cluster, so that it can refuse values before anything is created."""

from __future__ import annotations

import json
import re
import tarfile
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from pyhelm3.errors import Error

from deployer.helm.failures import error_line, explained, repeated
from deployer.helm.process import HelmProcess
from deployer.quoting import GUARD, words_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# For a cluster with the default version of AKS, which only AKS knows.
KUBERNETES_VERSION = "1.34"

_CHART = re.compile(r"(?P<name>[\w-]+):")
_REASON = re.compile(r"\s*- at '(?P<pointer>[^']*)': (?P<reason>.+)")
# Of several alternatives: the reasons against each follow on their own lines.
_SUMMARY = re.compile(r"(one|any|all)Of failed")
_UNKNOWN_KEYS = re.compile(r"additional properties (?P<keys>'.*') not allowed")
# The rules of a schema, in our words: those of the library quote the value.
_RULES = (
    (
        re.compile(r"got \w+, want (?P<wanted>(?:null|boolean|object|array|number|string|integer|\W|or)+)$"),
        "expected {wanted}",
    ),
    (re.compile(r"missing propert(?:y|ies) (?P<wanted>[\w', -]+)$"), "misses {wanted}"),
    (re.compile(r"value must be one of (?P<wanted>'[\w./-]*'(?:, '[\w./-]*')*)$"), "must be one of {wanted}"),
    (re.compile(r"value must be (?P<wanted>'?[\w./-]+'?)$"), "must be {wanted}"),
    (re.compile(r"(?:minimum|minLength|minItems)\b.*want (?P<wanted>\d+)$"), "must be {wanted} or more"),
    (re.compile(r"(?:maximum|maxLength|maxItems)\b.*want (?P<wanted>\d+)$"), "must be {wanted} or less"),
    (re.compile(r"'.*' does not match pattern", re.DOTALL), "does not match the pattern of the chart"),
    (re.compile(r"'.*' is not valid (?P<wanted>[\w-]+)", re.DOTALL), "is not valid {wanted}"),
)
REFUSED = "is refused by the schema of the chart"


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
    GUARD.learn(words_of_chart(package))
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
    reasons: list[str] = []
    for line in stderr.splitlines():
        if heading := _CHART.fullmatch(line):
            above = [heading["name"]] if heading["name"] != chart else []
        elif (found := _REASON.fullmatch(line)) and not _SUMMARY.match(found["reason"]):
            reasons += _published([*above, *_keys(found["pointer"])], found["reason"])
    # helm lists the reasons in another order each time.
    words = error_line(stderr)
    yield from sorted(reasons) or [GUARD.published(words) if GUARD.watches else words]


def _published(keys: list[str], reason: str) -> Iterator[str]:
    """Yield the key and the rule of a reason, without what the values have."""
    if unknown := _UNKNOWN_KEYS.fullmatch(reason):
        for key in re.findall(r"'([^']*)'", unknown["keys"]):
            yield GUARD.unknown_key(keys, key)
        return
    matches = ((pattern.match(reason), words) for pattern, words in _RULES)
    rule = next((words.format(**found.groupdict()) for found, words in matches if found), REFUSED)
    yield f"{GUARD.path(keys) or 'at the top level'}: {rule}"


def _keys(pointer: str) -> list[str]:
    """Return the keys of a JSON pointer (RFC 6901)."""
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


@cache
def words_of_chart(package: Path) -> frozenset[str]:
    """Return every word in the files of a chart, which everybody can read."""
    words: set[str] = set()
    with suppress(OSError, EOFError, tarfile.TarError), tarfile.open(package) as archive:
        for member in archive:
            if content := archive.extractfile(member):
                words |= words_in(content.read().decode(errors="replace"))
    return frozenset(words)
