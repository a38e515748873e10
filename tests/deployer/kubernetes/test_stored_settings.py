"""The settings of the last deployment, as the cluster keeps them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from deployer.kubernetes.objects import ensure_object, remove_object
from deployer.kubernetes.stored_settings import KEY, SECRET, read_stored_settings, store_settings

if TYPE_CHECKING:
    from kr8s.asyncio import Api

pytestmark = [
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning"),
    pytest.mark.asyncio(loop_scope="session"),
]

GIVEN_AND_DERIVED = {"aks_node_count_max": 5, "total_quota": 40}


async def test_settings_are_read_as_they_were_stored(api: Api) -> None:
    await remove_object(api, SECRET)
    assert await read_stored_settings(api) is None
    assert await store_settings(api, GIVEN_AND_DERIVED)
    assert await read_stored_settings(api) == GIVEN_AND_DERIVED
    assert not await store_settings(api, GIVEN_AND_DERIVED)


async def test_settings_that_an_earlier_release_stored_are_read_without_what_follows_from_others(
    api: Api,
) -> None:
    await remove_object(api, SECRET)
    content = b64encode(json.dumps(GIVEN_AND_DERIVED).encode()).decode()
    metadata = {"name": SECRET.name, "namespace": SECRET.namespace}
    await ensure_object(
        api, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {KEY: content}}
    )
    assert await read_stored_settings(api) == {"aks_node_count_max": 5}
    await store_settings(api, GIVEN_AND_DERIVED)
    assert await read_stored_settings(api) == GIVEN_AND_DERIVED
