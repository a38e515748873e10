"""JupyterHub for real: with the values of hubs, on a control plane, with stand-ins for GitHub and Entra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.deployer.hubs import ENTRA, GITHUB
from tests.hub.hubs import running_hub
from tests.hub.identity_providers import People, served
from tests.installations import installed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.hub.hubs import Hub
    from tests.installations import Installation

GROUP, OTHER_GROUP = "9a1b2c3d-0000-4000-8000-00000000000a", "9a1b2c3d-0000-4000-8000-00000000000b"
LISTED_GUEST = "9a1b2c3d-0000-4000-8000-00000000000c"
GUEST_WITH_NAME = "jane_home.org#ext#@example.onmicrosoft.com"
MEMBER = "member@example.org"
PEOPLE = People(
    claims={
        "ada": {"upn": "Ada@example.org", "oid": "1"},
        "o'neil": {"upn": "o'neil@example.org", "oid": "2"},
        "stranger": {"upn": "stranger@example.org", "oid": "3", "groups": [OTHER_GROUP]},
        "member": {"upn": MEMBER, "oid": "4", "groups": [OTHER_GROUP, GROUP]},
        "guest": {"oid": LISTED_GUEST},
        "unlisted guest": {"oid": "9a1b2c3d-0000-4000-8000-00000000000d"},
        "guest of the group": {"oid": "9a1b2c3d-0000-4000-8000-00000000000e", "groups": [GROUP]},
        "guest with name": {"upn": "Jane_home.org#EXT#@example.onmicrosoft.com", "oid": "6"},
        "nobody": {},
    },
    members={"our-lab": {"marie"}, "other-lab": {"max", "eve"}, "other-lab:data-team": {"max"}},
)
ON_GITHUB = {
    **GITHUB,
    "allowed_users": "ada, jane_acme",
    "admin_users": "grace",
    "allowed_organisations": "our-lab, other-lab:data-team",
    "per_user_quota": "2",
}
IN_ENTRA = {
    **ENTRA,
    "allowed_users": f"ada@example.org, o'neil@example.org, {LISTED_GUEST}, {GUEST_WITH_NAME}",
    "allowed_organisations": GROUP,
}


@pytest.fixture(scope="module")
def provider() -> Iterator[int]:
    """Serve the identity providers; return their port."""
    with served(PEOPLE) as port:
        yield port


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    async with installed(tmp_path_factory.mktemp("cluster")) as installation:
        yield installation


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def github(
    installation: Installation, provider: int, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hub]:
    async with running_hub(tmp_path_factory.mktemp("github"), installation, provider, **ON_GITHUB) as hub:
        yield hub


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def entra(
    installation: Installation, provider: int, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Hub]:
    async with running_hub(tmp_path_factory.mktemp("entra"), installation, provider, **IN_ENTRA) as hub:
        yield hub
