"""Compares Kubernetes versions as AKS writes them, and tells which ones a cluster can have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deployer.errors import PreflightError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from azure.mgmt.containerservice.models import (
        KubernetesVersion,
        KubernetesVersionListResult,
        ManagedClusterUpgradeProfile,
    )

OFFICIAL_PLAN, LONG_TERM_PLAN = "KubernetesOfficial", "AKSLongTermSupport"


def is_older(wanted: str, current: str | None) -> bool:
    """Return whether a version (1.34 or 1.34.2) is older than a current one, which Azure patches."""
    parts, live = _parts(wanted), _parts(current)
    return bool(live) and parts < live[: len(parts)]


def is_met(wanted: str, current: str | None) -> bool:
    """Return whether a current version is the wanted one: 1.34 is met by each of its patches."""
    parts = _parts(wanted)
    return _parts(current)[: len(parts)] == parts


def versions_for_new_clusters(listed: KubernetesVersionListResult) -> list[str]:
    """Return the full versions that new clusters can have, newest first."""
    offered = [each for each in listed.values_property or () if not each.is_preview and _is_official(each)]
    return _newest_first(patch for each in offered for patch in each.patch_versions or ())


def _is_official(version: KubernetesVersion) -> bool:
    """Return whether a version is for all clusters, and not for those with Long-Term Support alone."""
    plans = version.capabilities.support_plan if version.capabilities else None
    return not plans or OFFICIAL_PLAN in plans


def versions_to_upgrade_to(profile: ManagedClusterUpgradeProfile) -> list[str]:
    """Return the full versions that a cluster can be upgraded to, newest first."""
    upgrades = profile.properties.control_plane_profile.upgrades or ()
    return _newest_first(
        each.kubernetes_version for each in upgrades if each.kubernetes_version and not each.is_preview
    )


def check_offered(wanted: str, offered: Collection[str]) -> None:
    """Require a version for a new cluster to be offered.

    Raises:
        PreflightError: it is not; names those that are.

    """
    if not any(is_met(wanted, version) for version in offered):
        raise PreflightError(
            f"AKS does not offer Kubernetes {wanted} in this region: it offers {', '.join(offered)}.",
            suggestion="Set AKS_KUBERNETES_VERSION to one of these, or leave it empty for AKS's own default.",
        )


def check_upgrade(wanted: str, current: str, offered: Collection[str]) -> None:
    """Require that a cluster can be upgraded to a version: AKS skips no minor version.

    Raises:
        PreflightError: it cannot; names the versions that it can be upgraded to.

    """
    if any(is_met(wanted, version) for version in offered):
        return
    if not offered:
        raise PreflightError(
            f"The cluster runs Kubernetes {current}, and AKS offers no upgrade of it, nor one to {wanted}.",
            suggestion="Leave AKS_KUBERNETES_VERSION empty to keep what the cluster has.",
        )
    skips = _parts(wanted)[1] > _parts(current)[1] + 1
    raise PreflightError(
        f"The cluster runs Kubernetes {current}, and AKS cannot upgrade it to {wanted}: "
        f"it offers {', '.join(offered)}.",
        cause="AKS upgrades a cluster by one minor version at a time." if skips else None,
        suggestion=f"Set AKS_KUBERNETES_VERSION to {_minor(next(iter(offered)))} and deploy"
        + ("; then raise it further and deploy again." if skips else "."),
    )


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _newest_first(versions: Iterable[Any]) -> list[str]:
    return sorted(map(str, versions), key=_parts, reverse=True)


def _parts(version: str | None) -> list[int]:
    # Long-term support has names like 1.30.100-akslts.
    return [int(part) for part in re.findall(r"\d+", version or "")]
