"""The versions: of the API that is spoken, and of the Kubernetes that is offered."""

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
# Minor version to its patches, newest first; the sandbox's control plane is of the newest.
KUBERNETES_VERSIONS = {
    "1.34": ("1.34.7", "1.34.6"),
    "1.35": ("1.35.4", "1.35.3"),
    "1.36": ("1.36.3", "1.36.2"),
}
DEFAULT_MINOR = "1.36"


def resolved(version: str | None) -> str | None:
    """The full version for one that is asked for: none is the default, a minor one its newest patch.

    Returns None for a version that isn't offered.
    """
    if not version:
        return KUBERNETES_VERSIONS[DEFAULT_MINOR][0]
    if version in KUBERNETES_VERSIONS:
        return KUBERNETES_VERSIONS[version][0]
    return version if any(version in patches for patches in KUBERNETES_VERSIONS.values()) else None
