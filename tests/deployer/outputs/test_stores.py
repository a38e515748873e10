"""Outputs in a directory: private, whole, and found again."""

from __future__ import annotations

import json
import resource
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from deployer.errors import PreflightError
from deployer.outputs.stores import DirectoryOutputStore, RunOutputs

if TYPE_CHECKING:
    from pathlib import Path

STARTED = datetime(2026, 11, 24, 12, 30, 5, tzinfo=UTC)


async def test_each_run_has_a_folder_named_by_its_start(tmp_path: Path) -> None:
    outputs = RunOutputs(DirectoryOutputStore(tmp_path), STARTED)
    await outputs.write("values.yaml", "a: 1\n")
    assert (tmp_path / "runs/2026-11-24T12-30-05Z/values.yaml").read_text() == "a: 1\n"


async def test_only_the_user_can_read_what_is_written(tmp_path: Path) -> None:
    await DirectoryOutputStore(tmp_path / "new").write_secret_values("a: 1\n")
    written = tmp_path / "new/private/secret-values.yaml"
    assert written.stat().st_mode & 0o077 == 0
    assert written.parent.stat().st_mode & 0o077 == 0


async def test_a_full_disk_is_found_before_anything_is_created(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # files can be created, but nothing written
    try:
        with pytest.raises(PreflightError, match=f"cannot be written to {tmp_path}"):
            await DirectoryOutputStore(tmp_path).prepare()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_the_latest_record_is_found_again(tmp_path: Path) -> None:
    store = DirectoryOutputStore(tmp_path)
    await RunOutputs(store, STARTED).write_record({"status": "failed"})
    await RunOutputs(store, STARTED).write_record({"status": "done"})
    latest = json.loads((tmp_path / "latest.json").read_text())
    assert latest["run"] == "runs/2026-11-24T12-30-05Z"
    assert json.loads((tmp_path / latest["record"]).read_text()) == {"status": "done"}


async def test_a_written_file_replaces_the_older_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    store = DirectoryOutputStore(tmp_path)
    await store.write("a.log", "long text")
    await store.write("a.log", "short")
    assert [path.name for path in tmp_path.iterdir()] == ["a.log"]
    assert (tmp_path / "a.log").read_text() == "short"


async def test_only_the_newest_secret_values_are_kept_until_they_are_removed(tmp_path: Path) -> None:
    store = DirectoryOutputStore(tmp_path)
    await store.write("runs/x/secret-values.yaml", "of an older release")
    await store.write("runs/x/values.yaml", "a: 1\n")
    await store.write_secret_values("first")
    await store.write_secret_values("second")
    assert (tmp_path / "private/secret-values.yaml").read_text() == "second"
    assert [path.name for path in tmp_path.rglob("*.yaml")].count("secret-values.yaml") == 1
    await store.remove_secret_values()
    await store.remove_secret_values()
    assert [path.name for path in tmp_path.rglob("*.yaml")] == ["values.yaml"]
