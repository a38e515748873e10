"""Tokens of a registry: user names whose generated passwords are shown once and accepted a little later."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.actions import Action, ActionRequest
from sandbox.azure.resource_manager.core.operations import Operation, PollingStyle, Reply, finished
from sandbox.azure.resource_manager.core.resource_types import PutRequest, ResourceType
from sandbox.azure.resource_manager.core.state import Resource, State, timestamp
from sandbox.azure.resource_manager.providers.container_registry.scope_maps import (
    SCOPE_MAP_VERSIONS,
    SCOPE_MAPS,
)

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.catalog import Catalog
    from sandbox.azure.resource_manager.core.services import Services

TOKENS = "Microsoft.ContainerRegistry/registries/tokens"
PASSWORD_NAMES = ("password1", "password2")
_GENERATION = PollingStyle("{resource}/operationResults/{id}", "Location")


class Tokens(ResourceType):
    """Tokens of a registry."""

    name = TOKENS
    api_versions = SCOPE_MAP_VERSIONS

    def check(self, request: PutRequest) -> None:
        """Check that the scope map exists in the registry."""
        wanted = str(request.properties.get("scopeMapId", ""))
        siblings = self.state.of_type(SCOPE_MAPS, str(request.id.parent))
        if wanted.lower() not in {each.id.key for each in siblings}:
            raise errors.bad_request("ScopeMapNotFound", f"The scope map '{wanted}' could not be found.")

    async def put(self, request: PutRequest) -> Operation:
        """Create the token, or give it another scope map; its passwords stay."""
        if request.existing is None:
            properties = {
                "creationDate": timestamp(),
                "provisioningState": "Succeeded",
                "credentials": {"passwords": []},
            }
            token = self.state.store(
                Resource(request.id, {"properties": properties}, secrets={"passwords": {}})
            )
        else:
            token = request.existing
        token.properties["scopeMapId"] = request.properties["scopeMapId"]
        token.properties["status"] = request.properties.get("status", "enabled")
        token.touch()
        return finished(Reply(201 if request.existing is None else 200, self.show(token)), token)


class TokenActions:
    """The generation of passwords.

    Args:
        services: what the actions work with.
        catalog: where registries are looked up.

    """

    def __init__(self, services: Services, catalog: Catalog) -> None:
        self._services = services
        self._catalog = catalog

    def actions(self) -> tuple[Action, ...]:
        """Return the actions, to be installed."""
        registry = "{scope}/providers/Microsoft.ContainerRegistry/registries/{registry}"
        path = f"{registry}/generateCredentials"
        action = "Microsoft.ContainerRegistry/registries/generateCredentials/action"
        return (Action("POST", path, action, registry, self.generate, SCOPE_MAP_VERSIONS),)

    async def generate(self, request: ActionRequest) -> Operation:
        """Generate passwords, for `POST …/generateCredentials` of `{"tokenId", "name"?}`."""
        registry = self._catalog.existing(request.target)
        token = self._token(registry, str(request.body.get("tokenId", "")))
        names = (str(request.body["name"]),) if request.body.get("name") else PASSWORD_NAMES
        if not set(names) <= set(PASSWORD_NAMES):
            raise errors.bad_request("InvalidPasswordName", f"The password name '{names[0]}' is invalid.")
        return self._services.operations.begin(
            self._generate(token, names, request.body.get("expiry")),
            _GENERATION,
            at=registry.id,
            api_version=request.api_version,
            status=202,
        )

    def _token(self, registry: Resource, token_id: str) -> Resource:
        tokens = self._services.state.of_type(TOKENS, str(registry.id))
        found = next((each for each in tokens if each.id.key == token_id.lower()), None)
        if found is None:
            raise errors.bad_request("TokenNotFound", f"The token '{token_id}' could not be found.")
        return found

    async def _generate(self, token: Resource, names: tuple[str, ...], expiry: str | None) -> dict[str, Any]:
        wait = self._services.clock.seconds("registry.token")
        fresh = {name: secrets.token_urlsafe(39) for name in names}
        until = datetime.fromisoformat(expiry) if expiry else None
        for name, value in fresh.items():
            token.secrets["passwords"][name] = (value, time.monotonic() + wait, until)
        shown = {name: {"name": name, "creationTime": timestamp(), "expiry": expiry} for name in names}
        kept = [each for each in token.properties["credentials"]["passwords"] if each["name"] not in shown]
        token.properties["credentials"]["passwords"] = [*kept, *shown.values()]
        passwords = [{**each, "value": fresh[name]} for name, each in shown.items()]
        return {"username": token.id.name, "passwords": passwords}


def accepts_login(state: State, registry: Resource, username: str, password: str) -> bool:
    """Return whether user name and password are those of the admin user or of a token.

    A new password is wrong until it has taken effect, and again once it has expired.
    """
    if registry.properties["adminUserEnabled"] and username == registry.id.name:
        return any(secrets.compare_digest(each, password) for each in registry.secrets["admin"])
    token = state.get(registry.id.child("tokens", username))
    if token is None or token.properties["status"] != "enabled":
        return False
    return any(
        secrets.compare_digest(value, password)
        and time.monotonic() >= since
        and (until is None or datetime.now(UTC) < until)
        for value, since, until in token.secrets["passwords"].values()
    )
