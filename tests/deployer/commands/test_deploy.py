"""How a run ends that nobody foresaw."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, NoReturn

import pytest

from deployer.commands.deploy import deploy
from deployer.commands.runner import Job, RunOptions, run_job
from deployer.errors import DeployerError, Interrupted
from deployer.outputs.stores import DirectoryOutputStore
from deployer.plan import build_plan
from deployer.progress.events import EventKind
from deployer.steps import sign_in
from tests.deployer.kept_events import KeptEvents
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.run.context import Context


async def test_a_crash_is_told_by_its_kind_and_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def crash(*_: object) -> NoReturn:
        raise RuntimeError("met canary-token")

    monkeypatch.setattr(sign_in, "open_session", crash)
    settings, heard = settings_of(github_access_token="canary-token"), KeptEvents()
    with pytest.raises(RuntimeError, match="met"):
        await deploy(settings, (), [heard], RunOptions(tmp_path / "helm", tmp_path))
    assert heard.events[-1].kind is EventKind.RUN_FAILED
    assert heard.events[-1].message.startswith("RuntimeError (test_deploy.py, line ")
    assert "canary" not in " ".join(event.message for event in heard.events)


async def test_a_run_ends_at_its_maximum_duration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def hang(*_: object) -> NoReturn:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(sign_in, "sign_in", hang)
    settings = settings_of().model_copy(update={"maximum_duration": 1})
    with pytest.raises(DeployerError, match=r"did not end within 1\.0 s") as caught:
        await deploy(settings, (), [], RunOptions(tmp_path / "helm", tmp_path))
    assert caught.value.cause == "Still running: sign-in."
    assert caught.value.retryable


async def test_a_run_that_is_aborted_ends_with_that_error_and_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def lose_the_lock(context: Context, _: object) -> NoReturn:
        context.abort(DeployerError("The run lost its lock."))
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(sign_in, "sign_in", lose_the_lock)
    heard = KeptEvents()
    with pytest.raises(DeployerError, match="lost its lock"):
        await deploy(settings_of(), (), [heard], RunOptions(tmp_path / "helm", tmp_path))
    assert heard.events[-1].kind is EventKind.RUN_FAILED
    latest = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert latest["status"] == "failed"
    (log,) = (tmp_path / "runs").glob("*/deployment.log")
    last = log.read_text(encoding="utf-8").splitlines()[-1]
    assert re.search(r"  run  failed in .*: The run lost its lock\.$", last)


async def test_a_run_that_is_interrupted_while_it_recovers_is_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fail(*_: object) -> NoReturn:
        raise DeployerError("BinderHub is not well.")

    async def interrupt(*_: object) -> NoReturn:
        running.cancel()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(sign_in, "sign_in", fail)
    settings, heard = settings_of(), KeptEvents()
    job = Job(build_plan(settings), "Upgrading", lambda _: "done", "upgrade", recover=interrupt)
    options = RunOptions(tmp_path / "helm", tmp_path)
    running = asyncio.create_task(run_job(job, settings, (), [heard], options))
    with pytest.raises(Interrupted):
        await running
    assert heard.events[-1].kind is EventKind.RUN_INTERRUPTED
    latest = json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))
    assert latest["status"] == "interrupted"


async def test_a_failed_run_is_recorded_as_failed_even_if_it_is_interrupted_meanwhile(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fail(*_: object) -> NoReturn:
        raise DeployerError("Azure refused.")

    async def interrupt(*_: object) -> NoReturn:
        monkeypatch.setattr(DirectoryOutputStore, "write", write)
        running.cancel()
        await asyncio.Event().wait()
        raise AssertionError

    write = DirectoryOutputStore.write
    monkeypatch.setattr(sign_in, "sign_in", fail)
    monkeypatch.setattr(DirectoryOutputStore, "write", interrupt)
    heard, options = KeptEvents(), RunOptions(tmp_path / "helm", tmp_path)
    running = asyncio.create_task(deploy(settings_of(), (), [heard], options))
    with pytest.raises(DeployerError, match="Azure refused"):
        await running
    assert heard.events[-1].kind is EventKind.RUN_FAILED
    assert json.loads((tmp_path / "latest.json").read_text(encoding="utf-8"))["status"] == "failed"
