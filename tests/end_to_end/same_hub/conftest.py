"""The hub of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.deployments import group_of
from tests.end_to_end.same_hub.hub import GROUP, Hub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox


@pytest.fixture(scope="package")
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Deploy a hub in a group with a strange name, with the oldest version of Kubernetes."""
    with group_of(sandbox, GROUP):
        hub = Hub(sandbox, tmp_path_factory.mktemp("same"))
        ran = hub.deploy(AKS_KUBERNETES_VERSION="1.34")
        assert ran.status == 0, ran.stderr
        yield hub
