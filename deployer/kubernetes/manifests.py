"""Renders the objects of the hub's namespace that no chart brings: isolation of code that visitors run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.kubernetes.azure_tags import written_tags
from deployer.kubernetes.network_policies import render_network_policies
from deployer.names import CREATED_BY, STORAGE_CLASS
from deployer.settings.capacity import DEFAULT_REQUEST
from deployer.templating import render_documents

if TYPE_CHECKING:
    from deployer.names import HubNames
    from deployer.settings import Settings


def render_namespace(settings: Settings, names: HubNames) -> tuple[dict[str, Any], ...]:
    """Return the objects to apply before the release is installed, in this order.

    They are the namespace, its default service account (which build pods use) without a token, default
    requests for containers without any, and the network policies.
    """
    return (
        *render_documents("manifests/namespace.yaml.j2", names=names, default_request=DEFAULT_REQUEST),
        *render_network_policies(names.namespace, settings, names),
    )


def render_storage_class(names: HubNames) -> dict[str, Any]:
    """Return the class of the hub's disk."""
    (manifest,) = render_documents(
        "manifests/storage_class.yaml.j2",
        storage_class=STORAGE_CLASS,
        created_by=CREATED_BY,
        disk_tags=written_tags(names.tags),
    )
    return manifest
