"""Objects that a deployment makes sure of in a cluster that makes objects too: on a real control plane."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from kr8s.asyncio.objects import ServiceAccount

from deployer.kubernetes.objects import ensure_object

if TYPE_CHECKING:
    from kr8s.asyncio import Api

pytestmark = pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning")

AT_ONCE = 8
# The first round opens the connections: from then on the requests really are at the same time.
ROUNDS = ("opening", "raced", "raced-again", "raced-once-more")


def account(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **more}


async def test_an_object_that_somebody_else_makes_meanwhile_is_as_wanted(api: Api) -> None:
    for name in ROUNDS:
        accounts = [account(name, automountServiceAccountToken=bool(n % 2)) for n in range(AT_ONCE)]
        assert any(await asyncio.gather(*(ensure_object(api, manifest) for manifest in accounts)))
        wanted = account(name, automountServiceAccountToken=False)
        await ensure_object(api, wanted)
        found = await ServiceAccount.get(name, namespace="default", api=api)
        assert found.raw["automountServiceAccountToken"] is False
        assert not await ensure_object(api, wanted)
