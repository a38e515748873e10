"""Releases of a small chart: what helm has stored of one, and what the cluster refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import HelmError
from deployer.kubernetes.objects import ObjectName, find_object, patch_object
from tests.deployer.kubernetes.small_charts import release_of

if TYPE_CHECKING:
    from pathlib import Path

    from kr8s.asyncio import Api

    from deployer.helm.client import Helm, WantedRelease

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
# Of each type, and of each length of numbers that Go prints in a way of its own.
VALUES: dict[str, Any] = {
    "text": TEXT,
    "texts": ["", "true", "1", "null", "~", "=", "{}", "\x7f\x85\xa0\ufffe"],
    "numbers": [0, -1, 8080, 1_000_000, 2**53, 10**20, 0.1, -2.5, 1e-7, 1 / 3],
    "others": [True, False, None, {}, [], [[]], {"": {"a.b/c: {": [{}]}}],
}
TEMPLATES = {
    "text.yaml": OBJECT.replace("NAME", "text").replace("ANNOTATIONS", ""),
    "kept.yaml": OBJECT.replace("NAME", "kept").replace("ANNOTATIONS", "helm.sh/hook: post-install"),
    "removed.yaml": OBJECT.replace("NAME", "removed").replace(
        "ANNOTATIONS", "helm.sh/hook: post-install, helm.sh/hook-delete-policy: hook-succeeded"
    ),
    "later.yaml": OBJECT.replace("NAME", "later").replace("ANNOTATIONS", "helm.sh/hook: pre-delete"),
}


@pytest.fixture
def wanted(tmp_path: Path) -> WantedRelease:
    """Write a chart with an object, and with hooks that stay, go, or have not run; return a release of it."""
    return release_of(tmp_path, NAME, TEMPLATES, VALUES)


async def test_a_release_is_read_as_it_was_installed(helm: Helm, wanted: WantedRelease) -> None:
    assert await helm.find(NAME, NAME) is None
    assert await helm.install(wanted, roll_back=False) == 1
    found = await helm.find(NAME, NAME)
    assert found is not None
    assert found.matches(wanted.chart, wanted.values)
    # Equal numbers can be of two types, and are shown to people.
    assert repr(found.values) == repr(await helm.values(NAME, NAME))
    assert found.revision == 1
    assert {each["metadata"]["name"]: each["data"]["text"] for each in found.resources} == {
        "text": TEXT,
        "kept": TEXT,
    }
    await helm.uninstall(NAME, NAME)
    assert await helm.find(NAME, NAME) is None


async def test_removing_a_release_that_is_not_there_is_done(helm: Helm) -> None:
    await helm.uninstall(NAME, "default")
    await helm.uninstall(NAME, "no-such-namespace")


async def test_a_release_that_cannot_be_removed_is_an_error(helm: Helm) -> None:
    with pytest.raises(HelmError, match="could not remove the release No Name"):
        await helm.uninstall("No Name", "default")


async def test_an_object_with_a_field_that_does_not_exist_is_refused(
    helm: Helm, wanted: WantedRelease
) -> None:
    template = wanted.package / "templates" / "text.yaml"
    template.write_text(template.read_text() + "dataa: {text: misspelt}\n")
    with pytest.raises(HelmError, match=r"\.dataa: field not declared") as refused:
        await helm.install(wanted, roll_back=False)
    assert not refused.value.retryable
    await helm.uninstall(NAME, NAME)


@pytest.mark.parametrize("change", ["upgrade", "rollback"])
async def test_what_somebody_changed_by_hand_is_set_right_again(
    helm: Helm, api: Api, wanted: WantedRelease, change: str
) -> None:
    text = ObjectName("v1", "ConfigMap", "text", NAME)
    await helm.install(wanted, roll_back=False)
    await helm.install(replace(wanted, values={"text": "newer"}), roll_back=False)
    await patch_object(api, text, {"data": {"text": "changed by hand"}})
    if change == "upgrade":
        await helm.install(wanted, roll_back=False)
    else:
        await helm.roll_back(NAME, NAME, 1)
    found = await find_object(api, text)
    await helm.uninstall(NAME, NAME)
    assert found is not None
    assert found["data"] == {"text": TEXT}
