"""What `logs` says where a log cannot be read."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from deployer.commands import logs
from deployer.commands.logs import LogTarget, show_logs
from deployer.errors import AzureError
from deployer.kubernetes.pod_logs import LogRange
from deployer.progress.events import Progress
from tests.deployer.azure.answers import failure
from tests.deployer.hubs import hub_settings, names_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def test_a_log_that_azure_refuses_is_an_error_that_people_read(monkeypatch: pytest.MonkeyPatch) -> None:
    session = SimpleNamespace(settings=hub_settings(), names=names_of(), azure=None, credential=None)

    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Any]:
        yield session

    async def found(*_: object) -> Any:
        return SimpleNamespace(session=session, history=("a run",), accounts=("outputs",))

    async def no_groups(*_: object) -> list[str]:
        return []

    async def refuse(*_: object) -> NoReturn:
        raise failure({"error": {"code": "AuthorizationPermissionMismatch", "message": "no"}}, 403)

    monkeypatch.setattr(logs, "open_session", opened)
    monkeypatch.setattr(logs, "find_hub", found)
    monkeypatch.setattr(logs, "own_container_groups", no_groups)
    monkeypatch.setattr(logs, "read_log", refuse)
    lines = show_logs(hub_settings(), Path(), LogTarget.DEPLOYER, LogRange(), Progress())
    with pytest.raises(AzureError):
        await anext(lines)


async def test_the_log_of_a_container_that_azure_starts_again_is_shown_from_its_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Azure has the log of the present start alone, and at the end the container may be removed."""
    contents: list[str | None] = ["one\ntwo\n", "again\n", "again\nlast\n", None]

    class Azure:
        async def find(self, path: str, _version: str) -> dict[str, Any] | None:
            if not path.endswith("/logs"):
                return {"properties": {"instanceView": {"state": "Running"}}} if contents[0] else None
            content = contents.pop(0)
            return None if content is None else {"content": content}

    session = SimpleNamespace(settings=hub_settings(), names=names_of(), azure=Azure(), credential=None)

    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Any]:
        yield session

    async def found(*_: object) -> Any:
        return SimpleNamespace(session=session)

    async def one_group(*_: object) -> list[str]:
        return ["/the/group"]

    monkeypatch.setattr(logs, "open_session", opened)
    monkeypatch.setattr(logs, "find_hub", found)
    monkeypatch.setattr(logs, "own_container_groups", one_group)
    monkeypatch.setattr(logs, "LOOK_EVERY", 0)
    lines = show_logs(hub_settings(), Path(), LogTarget.DEPLOYER, LogRange(follow=True), Progress())
    assert [line.message async for line in lines] == ["one", "two", "again", "last"]
