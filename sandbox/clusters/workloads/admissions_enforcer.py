"""Plays the admissions enforcer of AKS, which keeps webhooks away from the namespaces of the system.

It takes over the namespace selector of each webhook, so that helm, which applies objects as the manager of
their fields, meets a conflict at the next upgrade. Sources: the FAQ of AKS, Azure/AKS issue 4002, and for
what it adds to the selectors openkruise/charts issue 155.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import MERGE_PATCH, Object, annotation_of, label_of, watch

if TYPE_CHECKING:
    import httpx

MANAGER = "admissionsenforcer"
DISABLED = "admissions.enforcer/disabled"
CONFIGURATIONS = (
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
)
EXCLUSIONS = (
    {"key": "control-plane", "operator": "NotIn", "values": ["true"]},
    {"key": "kubernetes.azure.com/managedby", "operator": "NotIn", "values": ["aks"]},
)
# Somebody else was quicker, whose change is seen next, or the object is gone.
OUTDATED = {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}


async def enforce_admissions(api: httpx.AsyncClient) -> None:
    """Exclude the namespaces of the system from all webhooks while the cluster runs."""
    await asyncio.gather(*(_enforce(api, path) for path in CONFIGURATIONS))


async def _enforce(api: httpx.AsyncClient, path: str) -> None:
    async for configurations in watch(api, path):
        for configuration in list(configurations.values()):
            webhooks = configuration.get("webhooks") or []
            wanted = [_excluding(webhook) for webhook in webhooks]
            if wanted != webhooks and not _is_disabled(configuration):
                await _update(api, path, configuration, wanted)


def _is_disabled(configuration: Object) -> bool:
    return "true" in {annotation_of(configuration, DISABLED), label_of(configuration, DISABLED)}


def _excluding(webhook: Object) -> Object:
    selector = webhook.get("namespaceSelector") or {}
    there = selector.get("matchExpressions") or []
    missing = [exclusion for exclusion in EXCLUSIONS if exclusion not in there]
    return {**webhook, "namespaceSelector": {**selector, "matchExpressions": [*there, *missing]}}


async def _update(api: httpx.AsyncClient, path: str, configuration: Object, webhooks: list[Object]) -> None:
    metadata = configuration["metadata"]
    body = {"metadata": {"resourceVersion": metadata["resourceVersion"]}, "webhooks": webhooks}
    answer = await api.patch(
        f"{path}/{metadata['name']}",
        params={"fieldManager": MANAGER},
        content=json.dumps(body),
        headers=MERGE_PATCH,
    )
    if answer.status_code not in OUTDATED:
        answer.raise_for_status()
