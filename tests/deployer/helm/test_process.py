"""Helm knows no secret that it does not need."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from deployer.helm.process import HelmProcess, readable_by_helm

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
    assert variables["HELM_CACHE_HOME"] == str(tmp_path / "private" / "helm-cache")
    assert set(variables) <= {*os.environ, "TMPDIR", "HELM_CACHE_HOME"} - {
        "SP_APP_KEY",
        "AZURE_CLIENT_SECRET",
        "LANG",
    }


@given(text=st.text(st.sampled_from('\\u{d83d}\\ud83d\\ude00a\U0001f600\U0010ffff\u2028\x7f"')))
def test_helm_is_given_every_character_as_yaml_knows_it(text: str) -> None:
    written = readable_by_helm(json.dumps({"a": text}).encode()).decode()
    assert yaml.safe_load(written) == {"a": text}
