"""A program's failure is told with its last words, and an interruption leaves no program behind."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import pytest

from sandbox.setup import processes
from sandbox.setup.processes import run
from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from pathlib import Path


async def test_the_output_is_passed_on_line_by_line(tmp_path: Path) -> None:
    lines: list[str] = []
    await run("sh", "-c", "echo one; echo two >&2", cwd=tmp_path, next_step="", tell=lines.append)
    assert sorted(lines) == ["one", "two"]


async def test_a_failure_comes_with_the_last_words_only(tmp_path: Path) -> None:
    talk = "for i in $(seq 100); do echo line $i; done; exit 7"
    with pytest.raises(SetUpError, match="status 7") as failure:
        await run("sh", "-c", talk, cwd=tmp_path, next_step="look")
    assert failure.value.cause.splitlines()[-1] == "line 100"
    assert "line 50" not in failure.value.cause


async def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetUpError, match="no-such-program could not be started"):
        await run("no-such-program", cwd=tmp_path, next_step="install it")


async def test_an_interruption_ends_the_program_and_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    children: asyncio.Queue[str] = asyncio.Queue()
    script = "sleep 300 & echo $!; wait"
    running = asyncio.create_task(
        run("sh", "-c", script, cwd=tmp_path, next_step="", tell=children.put_nowait)
    )
    child = int(await asyncio.wait_for(children.get(), timeout=10))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await is_gone(child)


async def is_gone(process: int) -> bool:
    """Wait until a process is gone, a few seconds at most."""
    for _ in range(50):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        await asyncio.sleep(0.1)
    return False


async def test_an_interrupted_program_may_clean_up(tmp_path: Path) -> None:
    started: asyncio.Queue[str] = asyncio.Queue()
    script = "trap 'rm half-made; exit' INT; touch half-made; echo on; while :; do sleep 0.05; done"
    running = asyncio.create_task(
        run("sh", "-c", script, cwd=tmp_path, next_step="", tell=started.put_nowait)
    )
    await asyncio.wait_for(started.get(), timeout=10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not (tmp_path / "half-made").exists()
