"""Which passwords of the registry a run keeps, how long it waits for them, and what the wait ends with."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse

from deployer.errors import DeployerError
from deployer.helm.client import ReleaseState
from deployer.helm.values import render_binderhub_values
from deployer.steps import registry_access
from deployer.steps.registry_access import ensure_registry_access
from sandbox.azure.resource_manager.providers.container_registry.access import basic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from deployer.run.context import Context
    from tests.deployer.steps.conftest import Surroundings

pytestmark = pytest.mark.asyncio(loop_scope="session")

PASSWORDS = {
    "registry": {"password": "pushes"},
    "jupyterhub": {"imagePullSecret": {"password": "pulls"}},
}
TOO_MANY = {"errors": [{"code": "TOOMANYREQUESTS", "message": "too many requests."}]}


class Tokens:
    """What Azure tells of a registry's tokens: each has a password for a year."""

    subscription = "5ab0ca5e-0000-4000-8000-000000000001"

    def resource_id(self, *parts: str) -> str:
        return "/".join(parts)

    async def find(self, _resource_id: str, _api_version: str) -> dict[str, Any]:
        now = datetime.now(UTC)
        password = {
            "name": "password1",
            "creationTime": now.isoformat(),
            "expiry": (now + timedelta(days=365)).isoformat(),
        }
        return {"properties": {"credentials": {"passwords": [password]}}}


@dataclass(frozen=True)
class Password:
    """A password of a token, with its life."""

    text: str
    created: datetime
    expires: datetime


class Registry:
    """The tokens of a registry: Azure creates their passwords and tells of them, its host accepts them."""

    subscription = Tokens.subscription
    host = "ours.azurecr.io"

    def __init__(self) -> None:
        self.tokens = defaultdict[str, dict[str, Password]](dict)

    def resource_id(self, *parts: str) -> str:
        return "/".join(parts)

    async def find(self, resource_id: str, _api_version: str) -> dict[str, Any]:
        listed = [
            {"name": slot, "creationTime": each.created.isoformat(), "expiry": each.expires.isoformat()}
            for slot, each in self.tokens[resource_id.rsplit("/", 1)[1]].items()
        ]
        return {"properties": {"credentials": {"passwords": listed}}}

    async def post(self, _path: str, _api_version: str, body: Mapping[str, str]) -> dict[str, Any]:
        token, slot = body["tokenId"].rsplit("/", 1)[1], body["name"]
        expires = datetime.fromisoformat(body["expiry"])
        made = Password(f"{token} {uuid.uuid4()}", datetime.now(UTC), expires)
        self.tokens[token][slot] = made
        return {"passwords": [{"name": slot, "value": made.text}]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a login at the host."""
        accepted = self._accepts(*basic(Request(scope)))
        await JSONResponse({}, 200 if accepted else 401)(scope, receive, send)

    def accepts(self, values: Mapping[str, Any]) -> bool:
        """Return whether a release with these values can push and pull."""
        logins = (values["registry"], values["jupyterhub"]["imagePullSecret"])
        return all(self._accepts(login["username"], login["password"]) for login in logins)

    def _accepts(self, token: str, password: str) -> bool:
        now = datetime.now(UTC)
        return any(each.text == password and now < each.expires for each in self.tokens[token].values())

    def let_pass(self, days: int) -> None:
        """Let time pass: all passwords get older."""
        age = timedelta(days=days)
        for passwords in self.tokens.values():
            for slot, each in passwords.items():
                passwords[slot] = Password(each.text, each.created - age, each.expires - age)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait end after its first look."""
    monkeypatch.setattr(registry_access, "PASSWORD_LIMIT", -1.0)


def with_registry(
    surroundings: Surroundings,
    host: str,
    answer: ASGIApp | None,
    azure: Tokens | Registry | None = None,
    values: Mapping[str, Any] = PASSWORDS,
) -> Context:
    """Return the context of a run whose release has passwords, and whose registry answers like this."""
    context = surroundings.context(azure or Tokens())
    context.results.login_server.set(host)
    context.results.release_before.set(ReleaseState("deployed", 1, "binderhub-1", values, []))
    if answer is not None:
        surroundings.reached.hosts.serve(host, answer)
    return context


async def values_after(
    surroundings: Surroundings, registry: Registry, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Run the step where the release has these values; return those that it is then to have."""
    context = with_registry(surroundings, registry.host, registry, registry, values)
    await ensure_registry_access(context, surroundings.report)
    return render_binderhub_values(context.settings, context.names, context.results.registry.get()).merged()


@pytest.mark.parametrize(
    ("host", "answer", "cause"),
    [
        (
            "busy.azurecr.io",
            JSONResponse(TOO_MANY, 429),
            "Its last answer: TOOMANYREQUESTS: too many requests.",
        ),
        ("gateway.azurecr.io", HTMLResponse("<html>", 502), "Its last answer: status 502."),
        ("list.azurecr.io", JSONResponse([], 500), "Its last answer: status 500."),
        ("missing.azurecr.io", None, "Its last answer: it cannot be reached"),
    ],
)
async def test_a_registry_that_does_not_say_whether_a_password_works_ends_the_run_with_its_answer(
    surroundings: Surroundings, host: str, answer: ASGIApp | None, cause: str
) -> None:
    context = with_registry(surroundings, host, answer)
    with pytest.raises(DeployerError, match=f"The registry {host} does not accept the password") as ended:
        await ensure_registry_access(context, surroundings.report)
    assert cause in str(ended.value.cause)
    assert ended.value.retryable


async def test_passwords_that_work_and_last_are_kept(surroundings: Surroundings) -> None:
    context = with_registry(surroundings, "well.azurecr.io", JSONResponse({"access_token": "yes"}))
    outcome = await ensure_registry_access(context, surroundings.report)
    assert outcome.count(" is kept and lasts until ") == 2
    access = context.results.registry.get()
    assert (access.push.username, access.push.password.get_secret_value()) == ("our-hub-images", "pushes")
    assert (access.pull.username, access.pull.password.get_secret_value()) == ("our-hub-pull", "pulls")


async def test_a_second_run_changes_no_password_although_the_one_before_is_at_its_end(
    surroundings: Surroundings,
) -> None:
    registry = Registry()
    first = await values_after(surroundings, registry, {})
    assert await values_after(surroundings, registry, first) == first
    registry.let_pass(days=300)
    renewed = await values_after(surroundings, registry, first)
    assert renewed != first
    assert await values_after(surroundings, registry, renewed) == renewed


async def test_new_passwords_that_never_reached_the_release_are_made_again_and_leave_it_those_it_has(
    surroundings: Surroundings,
) -> None:
    registry = Registry()
    first = await values_after(surroundings, registry, {})
    registry.let_pass(days=300)
    for _ in range(2):
        await values_after(surroundings, registry, first)
    third = await values_after(surroundings, registry, first)
    assert registry.accepts(first)
    registry.let_pass(days=100)
    assert registry.accepts(third)


async def test_a_release_that_does_not_say_which_passwords_it_has_does_so_from_the_next_run_on(
    surroundings: Surroundings,
) -> None:
    registry = Registry()
    first = await values_after(surroundings, registry, {})
    unsaid = {key: value for key, value in first.items() if key != "global"}
    assert await values_after(surroundings, registry, unsaid) == first


async def test_a_release_that_does_not_tell_its_passwords_apart_gets_new_ones_if_any_is_at_its_end(
    surroundings: Surroundings,
) -> None:
    registry = Registry()
    first = await values_after(surroundings, registry, {})
    del first["global"]
    registry.let_pass(days=300)
    await values_after(surroundings, registry, first)
    again = await values_after(surroundings, registry, first)
    registry.let_pass(days=100)
    assert registry.accepts(again)
