"""Tokens of a registry: user names whose passwords are generated, shown once, and work a little later."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.core.ids import ResourceId
from sandbox.azure.resource_manager.core.operations import Operation, Reply, Telling, finished
from sandbox.azure.resource_manager.core.resource_types import Call, Function, ResourceType, Write
from sandbox.azure.resource_manager.core.state import Resource, timestamp
from sandbox.azure.resource_manager.providers.container_registry.scope_maps import API_VERSIONS, SCOPE_MAPS

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel

TOKENS = "Microsoft.ContainerRegistry/registries/tokens"
PASSWORD_NAMES = ("password1", "password2")
_GENERATION = Telling("{resource}/operationResults/{id}", "Location")
# How long a fresh password is not accepted yet.
_WAIT = "registry.token"


class Tokens(ResourceType):
    """Tokens of a registry."""

    name = TOKENS
    api_versions = API_VERSIONS

    def check(self, write: Write) -> None:
        """A token needs a scope map of its registry."""
        wanted = str(write.properties.get("scopeMapId", ""))
        siblings = self.state.of_type(SCOPE_MAPS, str(write.id.parent))
        if wanted.lower() not in {each.id.key for each in siblings}:
            raise errors.bad_request("ScopeMapNotFound", f"The scope map '{wanted}' could not be found.")

    async def put(self, write: Write) -> Operation:
        """Make the token, or give it another scope map; its passwords stay."""
        if write.existing is None:
            properties = {
                "creationDate": timestamp(),
                "provisioningState": "Succeeded",
                "credentials": {"passwords": []},
            }
            token = self.state.store(
                Resource(write.id, {"properties": properties}, secrets={"passwords": {}})
            )
        else:
            token = write.existing
        token.properties["scopeMapId"] = write.properties["scopeMapId"]
        token.properties["status"] = write.properties.get("status", "enabled")
        token.touch()
        return finished(Reply(201 if write.existing is None else 200, self.show(token)), token)


class TokenFunctions:
    """Generation of passwords."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def functions(self) -> tuple[Function, ...]:
        """The functions, for the kernel's list."""
        registry = "{scope}/providers/Microsoft.ContainerRegistry/registries/{registry}"
        action = "Microsoft.ContainerRegistry/registries/generateCredentials/action"
        return (
            Function(
                "POST", f"{registry}/generateCredentials", action, registry, self.generate, API_VERSIONS
            ),
        )

    async def generate(self, call: Call) -> Operation:
        """`POST …/generateCredentials` of `{"tokenId", "name"?}`: new passwords, told once."""
        registry = self._kernel.existing(call.path.rpartition("/")[0])
        token = self._token(registry, str(call.body.get("tokenId", "")))
        names = (str(call.body["name"]),) if call.body.get("name") else PASSWORD_NAMES
        if not set(names) <= set(PASSWORD_NAMES):
            raise errors.bad_request("InvalidPasswordName", f"The password name '{names[0]}' is invalid.")
        return self._kernel.operations.begin(
            self._generate(token, names, call.body.get("expiry")),
            _GENERATION,
            at=registry.id,
            api_version=call.api_version,
            status=202,
        )

    def _token(self, registry: Resource, token_id: str) -> Resource:
        tokens = self._kernel.state.of_type(TOKENS, str(registry.id))
        found = next((each for each in tokens if each.id.key == token_id.lower()), None)
        if found is None:
            raise errors.bad_request("TokenNotFound", f"The token '{token_id}' could not be found.")
        return found

    async def _generate(self, token: Resource, names: tuple[str, ...], expiry: str | None) -> dict[str, Any]:
        wait = self._kernel.backends.clock.seconds(_WAIT)
        fresh = {name: secrets.token_urlsafe(39) for name in names}
        for name, value in fresh.items():
            token.secrets["passwords"][name] = (value, time.monotonic() + wait)
        shown = {name: {"name": name, "creationTime": timestamp(), "expiry": expiry} for name in names}
        kept = [each for each in token.properties["credentials"]["passwords"] if each["name"] not in shown]
        token.properties["credentials"]["passwords"] = [*kept, *shown.values()]
        passwords = [{**each, "value": fresh[name]} for name, each in shown.items()]
        return {"username": token.id.name, "passwords": passwords}


def authenticated(kernel: Kernel, registry: Resource, username: str, password: str) -> list[str] | None:
    """What somebody with this name and password may do in a registry: actions, or None for nobody.

    A fresh password is nobody's until it has taken effect.
    """
    if registry.properties["adminUserEnabled"] and username == registry.id.name:
        return (
            ["repositories/*/content/read", "repositories/*/content/write"]
            if _is_admin(registry, password)
            else None
        )
    token = kernel.state.get(registry.id.child("tokens", username))
    if token is None or token.properties["status"] != "enabled":
        return None
    known = token.secrets["passwords"].values()
    if not any(
        secrets.compare_digest(value, password) and time.monotonic() >= since for value, since in known
    ):
        return None
    scope_map = kernel.state.get(ResourceId.parse(token.properties["scopeMapId"]))
    return list(scope_map.properties["actions"]) if scope_map else []


def _is_admin(registry: Resource, password: str) -> bool:
    return any(secrets.compare_digest(each, password) for each in registry.secrets["admin"])
