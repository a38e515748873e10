"""How long the passwords of the registry are waited for, and what the wait ends with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from deployer.errors import DeployerError
from deployer.helm.client import ReleaseState
from deployer.steps import registry_access
from deployer.steps.registry_access import ensure_registry_access

if TYPE_CHECKING:
    from starlette.responses import Response

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


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each wait end after its first look."""
    monkeypatch.setattr(registry_access, "PASSWORD_LIMIT", -1.0)


def with_registry(surroundings: Surroundings, host: str, answer: Response | None) -> Context:
    """Return the context of a run whose release has passwords, and whose registry answers like this."""
    context = surroundings.context(Tokens())
    context.results.login_server.set(host)
    context.results.release_before.set(ReleaseState("deployed", 1, "binderhub-1", PASSWORDS, []))
    if answer is not None:
        surroundings.reached.hosts.serve(host, answer)
    return context


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
    surroundings: Surroundings, host: str, answer: Response | None, cause: str
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
