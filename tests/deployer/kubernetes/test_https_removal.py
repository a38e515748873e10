"""What serves HTTPS goes, however much of it there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.helm.binary import find_helm
from deployer.inventory.https import remove_https
from deployer.kubernetes.namespaces import ensure_own_namespace, find_own_namespace
from deployer.names import CERT_MANAGER, INGRESS
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from tests.deployer.hubs import names_of

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.kubernetes.cluster import ClusterAccess

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_namespaces_go_whose_releases_were_never_installed(access: ClusterAccess, api: Api) -> None:
    helm, report = find_helm(), StepReport("cleanup", Progress())
    if helm is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    for namespace in (INGRESS, CERT_MANAGER):
        await ensure_own_namespace(api, namespace, report)
    removed = await remove_https(helm, access, names_of(), report)
    assert removed == ["cert-manager", "Traefik with its addresses"]
    assert not any([await find_own_namespace(api, each) for each in (INGRESS, CERT_MANAGER)])
