"""Helm is found where it is, and never installed unless it is the released program."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from deployer.errors import HelmError
from deployer.helm import binary as helm_binary
from sandbox.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROGRAM = b"#!/bin/sh\necho released\n"


def archive(program: bytes, platform: str) -> bytes:
    """Return an archive as helm's download server has them."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo(f"{platform}/helm")
        member.size = len(program)
        tar.addfile(member, io.BytesIO(program))
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a cache of its own and a PATH without helm."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "binderhub-azure" / "helm"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, str, str], Callable[[str], bytes]]:
    """Play helm's download server for one platform: its archive and the checksum it publishes."""

    def play(content: bytes, platform: str, published: str) -> Callable[[str], bytes]:
        monkeypatch.setattr(helm_binary, "platform_name", lambda: platform)
        address = f"https://get.helm.sh/helm-v{helm_binary.HELM_VERSION}-{platform}.tar.gz"
        files = {address: content, f"{address}.sha256sum": f"{published}  helm.tar.gz\n".encode()}
        return files.__getitem__

    return play


def left_behind(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


def test_a_pinned_program_is_installed(
    server: Callable[..., Callable[[str], bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(helm_binary.PROGRAM_SHA256, "linux-amd64", sha256(PROGRAM))
    helm = helm_binary.download_helm(server(archive(PROGRAM, "linux-amd64"), "linux-amd64", "unused"))
    assert helm.read_bytes() == PROGRAM
    assert helm.stat().st_mode & 0o777 == 0o755
    assert left_behind(helm.parent) == [helm]


def test_a_program_that_differs_from_its_pin_is_refused_and_nothing_is_left(
    server: Callable[..., Callable[[str], bytes]], cache: Path
) -> None:
    other = archive(PROGRAM + b"# and more\n", "linux-amd64")
    with pytest.raises(HelmError, match=helm_binary.PROGRAM_SHA256["linux-amd64"]):
        helm_binary.download_helm(server(other, "linux-amd64", sha256(other)))
    assert left_behind(cache) == []


def test_a_cache_that_cannot_be_written_is_named(
    server: Callable[..., Callable[[str], bytes]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(helm_binary.PROGRAM_SHA256, "linux-amd64", sha256(PROGRAM))
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(HelmError, match=f"cannot be written to {tmp_path / 'file'}") as caught:
        helm_binary.download_helm(server(archive(PROGRAM, "linux-amd64"), "linux-amd64", "unused"))
    assert "XDG_CACHE_HOME" in str(caught.value.suggestion)


def test_an_unpinned_platform_is_held_to_the_published_checksum(
    server: Callable[..., Callable[[str], bytes]],
) -> None:
    content = archive(PROGRAM, "darwin-arm64")
    helm = helm_binary.download_helm(server(content, "darwin-arm64", sha256(content)))
    assert helm.read_bytes() == PROGRAM


def test_an_archive_that_differs_from_the_published_checksum_is_refused_and_nothing_is_left(
    server: Callable[..., Callable[[str], bytes]], cache: Path
) -> None:
    with pytest.raises(HelmError, match="not installed"):
        helm_binary.download_helm(server(archive(PROGRAM, "darwin-arm64"), "darwin-arm64", "0" * 64))
    assert left_behind(cache) == []


def test_something_else_than_an_archive_is_refused(server: Callable[..., Callable[[str], bytes]]) -> None:
    with pytest.raises(HelmError, match="not an archive of helm"):
        helm_binary.download_helm(server(b"<html>Sign in to the network</html>", "linux-amd64", "unused"))


def test_a_machine_without_a_build_is_told_what_to_do(server: Callable[..., Callable[[str], bytes]]) -> None:
    with pytest.raises(HelmError, match="sunos-sparc") as refusal:
        helm_binary.download_helm(server(b"", "sunos-sparc", "unused"))
    assert refusal.value.suggestion is not None
    assert helm_binary.HELM_VERSION in refusal.value.suggestion


@pytest.mark.parametrize(
    ("says", "comes_first"),
    [
        ("echo v4.0.0", True),
        ("echo v10.2.1", True),
        ("echo v3.19.4", False),
        ("echo command not found >&2; exit 127", False),
    ],
)
def test_helm_on_the_path_comes_first_if_it_is_new_enough(
    says: str,
    comes_first: bool,  # noqa: FBT001 - a parameter of the test
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(helm_binary.PROGRAM_SHA256, "linux-amd64", sha256(PROGRAM))
    installed = helm_binary.install_helm(PROGRAM, "linux-amd64")
    on_path = tmp_path / "bin" / "helm"
    on_path.parent.mkdir()
    on_path.write_text(f"#!/bin/sh\n{says}\n")
    on_path.chmod(0o755)
    assert helm_binary.find_helm() == (on_path if comes_first else installed)


def test_helm_in_the_cache_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(helm_binary.PROGRAM_SHA256, "linux-amd64", sha256(PROGRAM))
    installed = helm_binary.install_helm(PROGRAM, "linux-amd64")
    assert helm_binary.find_helm() == installed


def test_a_link_to_the_one_in_the_cache_is_not_asked_for_its_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = f"#!/bin/sh\n: >{tmp_path}/started\n".encode()
    monkeypatch.setitem(helm_binary.PROGRAM_SHA256, "linux-amd64", sha256(program))
    installed = helm_binary.install_helm(program, "linux-amd64")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "helm").symlink_to(installed)
    assert helm_binary.find_helm() == installed
    assert not (tmp_path / "started").exists()


def test_no_helm_is_none() -> None:
    assert helm_binary.find_helm() is None


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "linux-amd64"),
        ("Darwin", "arm64", "darwin-arm64"),
        ("Linux", "aarch64", "linux-arm64"),
    ],
)
def test_platforms_are_named_as_helm_names_them(
    system: str, machine: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert helm_binary.platform_name() == name


def test_a_download_that_fails_names_its_address_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_binary, "DOWNLOADS", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(
        HelmError, match=r"could not be downloaded from http://127\.0\.0\.1:.*refused"
    ) as caught:
        helm_binary.download_helm()
    assert caught.value.retryable
    assert "install helm" in str(caught.value.suggestion)
