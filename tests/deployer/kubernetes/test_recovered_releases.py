"""A release that a killed helm left pending is returned to what was ready last, however far helm had come."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.helm.binary import find_helm
from deployer.helm.client import DEPLOYED, FAILED
from deployer.kubernetes.objects import ObjectName, find_object, patch_object
from deployer.waiting import Pending, wait_until
from tests.deployer.kubernetes.small_charts import release_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from kr8s.asyncio import Api

    from deployer.helm.client import Helm, WantedRelease
    from deployer.kubernetes.cluster import ClusterAccess

pytestmark = pytest.mark.asyncio(loop_scope="session")

NAME = "recovered"
TEXT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: text}\n"
# There is no such class of storage, so helm waits for the claim as long as it is let.
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: waiting}
spec:
  storageClassName: none
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 1Gi}}
"""
TEMPLATES = {
    "text.yaml": f"{TEXT}data: {{text: {{{{ .Values.text }}}}}}\n",
    "claim.yaml": f"{{{{ if .Values.waits }}}}\n{CLAIM}{{{{ end }}}}\n",
}
GOOD, BAD = {"text": "good", "waits": False}, {"text": "bad", "waits": True}
# Far less than the quarter of an hour that helm waits for objects. Seconds.
PATIENCE = 60


@pytest.fixture
def wanted(tmp_path: Path) -> WantedRelease:
    """Write a chart that becomes ready or does not; return a release of it that does."""
    return release_of(tmp_path, NAME, TEMPLATES, GOOD)


@pytest.fixture(autouse=True)
async def no_release_is_left(helm: Helm) -> AsyncIterator[None]:
    yield
    await helm.uninstall(NAME, NAME)


async def test_it_is_returned_to_the_revision_that_was_ready_last(
    helm: Helm, access: ClusterAccess, api: Api, wanted: WantedRelease
) -> None:
    await helm.install(wanted, roll_back=False)
    await interrupted_install(helm, api, replace(wanted, values=BAD))
    await rolled_back_by_helm(access, revision=1)
    # Helm calls the revision that it returned to superseded before it calls its own one deployed.
    await leave(api, 3, "pending-rollback")
    async with asyncio.timeout(PATIENCE):
        found = await helm.clear_the_way(NAME, NAME)
    assert found is not None
    assert (found.status, found.values) == (DEPLOYED, GOOD)


async def test_it_counts_as_failed_where_no_revision_was_ever_ready(
    helm: Helm, api: Api, wanted: WantedRelease
) -> None:
    bad = replace(wanted, values=BAD)
    await interrupted_install(helm, api, bad)
    await interrupted_install(helm, api, bad)
    await leave(api, 2, "pending-upgrade")
    async with asyncio.timeout(PATIENCE):
        found = await helm.clear_the_way(NAME, NAME)
    assert found is not None
    assert (found.status, found.values) == (FAILED, BAD)
    assert await helm.install(wanted, roll_back=False) == found.revision + 1


async def interrupted_install(helm: Helm, api: Api, wanted: WantedRelease) -> None:
    """Install a release that waits in vain, and interrupt helm: it records the revision as failed."""
    before = await helm.find(NAME, NAME)
    revision = before.revision + 1 if before else 1
    installing = asyncio.create_task(helm.install(wanted, roll_back=False))
    for name in (ObjectName("v1", "PersistentVolumeClaim", "waiting", NAME), record_of(revision)):
        await until_there(api, name)
    installing.cancel()
    with suppress(asyncio.CancelledError):
        await installing
    found = await helm.find(NAME, NAME)
    assert found is not None
    assert (found.status, found.revision) == (FAILED, revision)


async def until_there(api: Api, name: ObjectName) -> None:
    async def look() -> dict[str, Any] | Pending:
        return await find_object(api, name) or Pending(f"waiting for {name}")

    await wait_until(look, lambda _: None, limit=PATIENCE, every=0.1)


async def rolled_back_by_helm(access: ClusterAccess, revision: int) -> None:
    """Roll back as helm does where an upgrade is interrupted: it keeps the failed revision."""
    program = find_helm()
    assert program is not None
    limits = ("--namespace", NAME, "--kubeconfig", str(access.kubeconfig))
    process = await asyncio.create_subprocess_exec(program, "rollback", NAME, str(revision), *limits)
    assert await process.wait() == 0


def record_of(revision: int) -> ObjectName:
    """Return the name of the Secret in which helm keeps a revision."""
    return ObjectName("v1", "Secret", f"sh.helm.release.v1.{NAME}.v{revision}", NAME)


async def leave(api: Api, revision: int, status: str) -> None:
    """Leave a revision with a status as a killed helm does."""
    secret = await find_object(api, record_of(revision))
    assert secret is not None
    stored = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    release = json.loads(gzip.decompress(stored))
    release["info"]["status"] = status
    changed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(release).encode()))).decode()
    changes = {"metadata": {"labels": {"status": status}}, "data": {"release": changed}}
    await patch_object(api, record_of(revision), changes)
