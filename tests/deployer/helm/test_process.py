"""Helm knows no secret that it does not need."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from deployer.helm.process import HelmProcess

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "canary-of-the-environment"
NEEDED = {
    "https_proxy": "http://proxy.example.org:3128",
    "SSL_CERT_FILE": "/etc/ssl/ours.pem",
}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Write a program in place of helm that prints its environment."""
    path = tmp_path / "helm"
    path.write_text("#!/bin/sh\nenv\n")
    path.chmod(0o755)
    return path


async def test_helm_gets_no_variable_but_those_of_programs_and_the_network(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**NEEDED, "SP_APP_KEY": SECRET, "AZURE_CLIENT_SECRET": SECRET, "LANG": "C"}.items():
        monkeypatch.setenv(name, value)
    printed = await HelmProcess(program, tmp_path / "private").run(["version"])
    variables = dict(line.split("=", 1) for line in printed.decode().splitlines())
    assert variables["TMPDIR"] == str(tmp_path / "private")
    assert {name: variables[name] for name in NEEDED} == NEEDED
    assert set(variables) <= {*os.environ, "TMPDIR"} - {"SP_APP_KEY", "AZURE_CLIENT_SECRET", "LANG"}
