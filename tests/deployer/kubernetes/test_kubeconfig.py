"""The keys of a kubeconfig lie in the private folder of the run, and nowhere else."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest
import yaml

from deployer.errors import KubernetesError
from deployer.kubernetes.cluster import private_kubeconfig
from deployer.kubernetes.objects import list_objects
from tests.reached_clusters import reached_cluster

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_run_connects_once_and_leaves_no_key_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    async with reached_cluster(tmp_path) as cluster:
        monkeypatch.setattr(tempfile, "tempdir", str(temporary))
        with private_kubeconfig(cluster.kubeconfig.read_bytes()) as access:
            api = await access.api()
            assert await list_objects(api, "v1", "Namespace")
            assert await access.api() is api
            assert list(temporary.iterdir()) == [access.kubeconfig.parent]
            written = yaml.safe_load(access.kubeconfig.read_bytes())
            assert not [key for key in written["users"][0]["user"] if key.endswith("-data")]
            assert {path.stat().st_mode & 0o777 for path in access.kubeconfig.parent.iterdir()} == {0o600}
            if (session := api._session) is not None:  # noqa: SLF001 - kr8s leaves it open
                await session.aclose()
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"clusters: [{}]", b"clusters: []\nusers: [{user: {client-key-data: 'x'}}]"]
)
def test_what_is_no_kubeconfig_is_refused_and_leaves_nothing(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KubernetesError, match="cannot be read"), private_kubeconfig(content):
        pass
    assert list(tmp_path.iterdir()) == []
