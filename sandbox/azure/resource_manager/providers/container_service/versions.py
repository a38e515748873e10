"""The versions of the API, and the versions of Kubernetes that clusters can have."""

from __future__ import annotations

API_VERSIONS = (
    "2026-08-01",
    "2026-07-01",
    "2026-06-01",
    "2026-05-01",
    "2026-04-01",
    "2026-02-01",
    "2026-01-01",
    "2025-10-01",
    "2025-09-01",
    "2025-08-01",
    "2025-07-01",
    "2025-05-01",
    "2025-04-01",
    "2025-03-01",
    "2025-02-01",
    "2024-09-01",
)
# Minor version -> patch versions, newest first. The programs of the sandbox are the newest, whatever is
# asked.
KUBERNETES_VERSIONS = {
    "1.33": ("1.33.12", "1.33.11"),
    "1.34": ("1.34.7", "1.34.6"),
    "1.35": ("1.35.4", "1.35.3"),
    "1.36": ("1.36.3", "1.36.2"),
    "1.37": ("1.37.1",),
}
PREVIEWS = {"1.37"}
DEFAULT_MINOR = "1.36"
OFFICIAL_PLAN, LONG_TERM_PLAN = "KubernetesOfficial", "AKSLongTermSupport"
# Every minor version has Long-Term Support; those that Kubernetes no longer supports have nothing else.
LONG_TERM_ONLY = {"1.33"}


def resolved(version: str | None) -> str | None:
    """Return the patch version for a requested one, None for a version that is not offered.

    The default is the newest one that is no preview; a minor version stands for its newest patch.
    """
    if not version:
        return KUBERNETES_VERSIONS[DEFAULT_MINOR][0]
    if version in KUBERNETES_VERSIONS:
        return KUBERNETES_VERSIONS[version][0]
    return version if any(version in patches for patches in KUBERNETES_VERSIONS.values()) else None


def support_plans(minor_version: str) -> list[str]:
    """Return the support plans that a minor version can be used with."""
    return [LONG_TERM_PLAN] if minor_version in LONG_TERM_ONLY else [OFFICIAL_PLAN, LONG_TERM_PLAN]


def upgrades_from(version: str) -> tuple[str, ...]:
    """Return the versions that AKS upgrades a version to: newer patches, and those of the next minor one."""
    current = _parts(version)
    every = (patch for patches in KUBERNETES_VERSIONS.values() for patch in patches)
    return tuple(each for each in every if current < _parts(each) < (1, current[1] + 2))


def is_preview(version: str) -> bool | None:
    """Return True for a preview; Azure writes null for all other versions."""
    return version.startswith(tuple(PREVIEWS)) or None


def is_newer(version: str, than: str) -> bool:
    """Return whether a full version is newer than another."""
    return _parts(version) > _parts(than)


def minor(version: str) -> int:
    """Return the minor version of a full one."""
    return _parts(version)[1]


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
