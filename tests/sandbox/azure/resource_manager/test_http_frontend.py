"""What every request meets first: tokens, api-versions, paths, rights, registrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.sandbox.azure.resource_manager.conftest import World

SUBSCRIPTION = "/subscriptions/5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"{SUBSCRIPTION}/resourceGroups/hub"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer"
IDENTITY_VERSION = "2024-11-30"
VERSION = "2025-04-01"


async def test_request_without_token_is_challenged(world: World) -> None:
    answer = await world.client(None).get(SUBSCRIPTION, params={"api-version": VERSION})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith(
        'Bearer authorization_uri="https://login.microsoftonline.com/'
    )


async def test_unknown_token_is_refused(world: World) -> None:
    answer = await world.client(None).get(
        SUBSCRIPTION, params={"api-version": VERSION}, headers={"Authorization": "Bearer nonsense"}
    )
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


async def test_token_for_storage_is_no_token_for_resource_manager(world: World) -> None:
    token = world.people.token(world.owner, "https://storage.azure.com")
    answer = await world.client(None).get(
        SUBSCRIPTION, params={"api-version": VERSION}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["error"]["code"] == "InvalidAuthenticationTokenAudience"


async def test_api_version_is_required(world: World) -> None:
    answer = await world.client(world.owner).get(SUBSCRIPTION)
    assert answer.json()["error"]["code"] == "MissingApiVersionParameter"


@pytest.mark.parametrize(
    ("path", "version", "code"),
    [
        (f"{GROUP}/providers/Microsoft.Nothing/things/x", "2020-01-01", "InvalidResourceNamespace"),
        (f"{GROUP}/providers/Microsoft.Storage/things/x", "2025-08-01", "InvalidResourceType"),
        (IDENTITY, "1999-01-01", "NoRegisteredProviderFound"),
        (GROUP, "1999-01-01", "InvalidApiVersionParameter"),
        (
            "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/x",
            VERSION,
            "SubscriptionNotFound",
        ),
        (f"{SUBSCRIPTION}/resourceGroups/absent", VERSION, "ResourceGroupNotFound"),
        (IDENTITY, IDENTITY_VERSION, "ResourceNotFound"),
    ],
)
async def test_what_is_not_there_is_refused_in_azures_words(
    world: World, path: str, version: str, code: str
) -> None:
    answer = await world.get(path, version)
    assert answer.json()["error"]["code"] == code


async def test_unsupported_api_version_lists_the_supported_ones(world: World) -> None:
    answer = await world.get(IDENTITY, "1999-01-01")
    assert IDENTITY_VERSION in answer.json()["error"]["message"]


async def test_principal_without_a_role_is_refused(world: World) -> None:
    stranger = world.people.add("stranger")
    answer = await world.put(GROUP, {"location": "westeurope"}, VERSION, by=stranger)
    assert answer.status_code == 403
    assert answer.json()["error"]["message"] == (
        f"The client '{stranger.client_id}' with object id '{stranger.object_id}' does not have "
        "authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/write' over scope "
        f"'{GROUP}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )


async def test_ids_compare_without_case_and_keep_azures_spelling(world: World) -> None:
    await world.make(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    answer = await world.get(IDENTITY.lower(), IDENTITY_VERSION)
    assert answer.json()["id"] == IDENTITY


@pytest.mark.parametrize("unregistered", [("Microsoft.ManagedIdentity",)])
class TestUnregisteredProvider:
    async def test_its_resources_are_refused(self, world: World) -> None:
        answer = await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
        assert answer.status_code == 409
        assert answer.json()["error"]["code"] == "MissingSubscriptionRegistration"

    async def test_registering_takes_its_time_and_then_lets_them_in(self, world: World) -> None:
        registered = await world.post(f"{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/register", VERSION)
        assert registered.json()["registrationState"] == "Registering"
        await world.manager.host.services.clock.spend("provider.registration")
        answer = await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
        assert answer.status_code == 201

    async def test_registering_needs_rights_on_the_subscription(self, world: World) -> None:
        someone = world.people.add("someone")
        world.manager.grant(someone, "Owner", GROUP)
        path = f"{SUBSCRIPTION}/providers/Microsoft.ManagedIdentity/register"
        answer = await world.post(path, VERSION, by=someone)
        assert answer.json()["error"]["code"] == "AuthorizationFailed"


async def test_changes_are_on_record_with_their_author(world: World) -> None:
    await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION)
    record = world.manager.dump()["activity"][-1]
    assert (record["method"], record["id"], record["principal"]) == ("PUT", IDENTITY, world.owner.object_id)


async def test_refused_change_is_on_record_too(world: World) -> None:
    stranger = world.people.add("stranger")
    await world.put(IDENTITY, {"location": "westeurope"}, IDENTITY_VERSION, by=stranger)
    assert world.manager.dump()["activity"][-1]["status"] == "AuthorizationFailed"


async def test_endpoints_of_the_cloud_are_public(world: World) -> None:
    answer = await world.client(None).get("/metadata/endpoints", params={"api-version": "2022-09-01"})
    assert answer.json()[0]["suffixes"]["acrLoginServer"] == "azurecr.io"


async def test_condition_if_none_match_protects_what_exists(world: World) -> None:
    answer = await world.client(world.owner).put(
        GROUP,
        json={"location": "westeurope"},
        params={"api-version": VERSION},
        headers={"If-None-Match": "*"},
    )
    assert answer.status_code == 412
