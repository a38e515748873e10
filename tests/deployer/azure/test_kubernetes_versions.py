"""Versions of Kubernetes: which is older, and what AKS can give a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from azure.mgmt.containerservice.models import KubernetesVersionListResult

from deployer.azure.kubernetes_versions import (
    check_offered,
    check_upgrade,
    is_older,
    versions_for_new_clusters,
)
from deployer.errors import PreflightError

OFFERED = ["1.35.4", "1.35.3", "1.34.7"]


@pytest.mark.parametrize(
    ("wanted", "older"),
    [("1.34.1", True), ("1.33", True), ("1.9", True), ("1.34", False), ("1.34.2", False), ("1.35", False)],
)
def test_a_version_that_azure_has_upgraded_from_is_older(wanted: str, *, older: bool) -> None:
    assert is_older(wanted, "1.34.2") is older


def test_nothing_is_older_than_a_version_that_is_not_known() -> None:
    assert not is_older("1.34", None)


@pytest.mark.parametrize("wanted", ["1.35", "1.35.3"])
def test_an_offered_version_is_accepted(wanted: str) -> None:
    check_offered(wanted, OFFERED)
    check_upgrade(wanted, "1.34.6", OFFERED)


def test_a_skipped_minor_is_refused_with_the_one_to_take_first() -> None:
    with pytest.raises(PreflightError) as refused:
        check_upgrade("1.36", "1.34.6", OFFERED)
    assert "1.35.4, 1.35.3, 1.34.7" in refused.value.message
    assert "one minor version at a time" in (refused.value.cause or "")
    assert "Set AKS_KUBERNETES_VERSION to 1.35" in (refused.value.suggestion or "")


def test_a_version_that_is_not_offered_is_refused_with_those_that_are() -> None:
    with pytest.raises(PreflightError, match=r"it offers 1\.35\.4, 1\.35\.3, 1\.34\.7"):
        check_offered("1.12", OFFERED)
    with pytest.raises(PreflightError, match="offers no upgrade"):
        check_upgrade("1.35", "1.34.6", [])


@pytest.mark.parametrize(
    ("told", "new"),
    [
        ({"capabilities": {"supportPlan": ["KubernetesOfficial"]}}, True),
        ({"capabilities": {"supportPlan": ["KubernetesOfficial", "AKSLongTermSupport"]}}, True),
        ({"capabilities": {"supportPlan": ["AKSLongTermSupport"]}}, False),
        ({"capabilities": {"supportPlan": ["KubernetesOfficial"]}, "isPreview": True}, False),
        ({}, True),
    ],
)
def test_a_new_cluster_has_neither_a_preview_nor_a_version_of_long_term_support(
    told: dict[str, Any], *, new: bool
) -> None:
    listed = KubernetesVersionListResult({"values": [{"patchVersions": {"1.35.4": {}}, **told}]})
    assert versions_for_new_clusters(listed) == (["1.35.4"] if new else [])
