"""Helm is offered only where its content is known, and the offer says what is checked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
import typer

from deployer.command_line import terminal
from deployer.errors import PreflightError
from deployer.helm import binary
from deployer.helm.binary import HELM_VERSION

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "find_helm", lambda: None)


@pytest.mark.parametrize("download", [True, False])
def test_helm_is_not_downloaded_where_its_hash_is_not_known(
    download: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binary, "platform_name", lambda: "darwin-arm64")
    with pytest.raises(PreflightError) as caught:
        terminal.helm_program(download=download)
    assert "knows no SHA-256" in str(caught.value.cause)
    assert f"Install helm {HELM_VERSION}" in str(caught.value.suggestion)


def test_the_question_says_what_is_downloaded_and_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []

    def confirmed(question: str) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(binary, "platform_name", lambda: "linux-amd64")
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda _: True})())
    monkeypatch.setattr(typer, "confirm", confirmed)
    monkeypatch.setattr(terminal, "download_helm", lambda: tmp_path)
    assert terminal.helm_program(download=False) == tmp_path
    assert f"helm {HELM_VERSION} for" in asked[0]
    assert "https://get.helm.sh" in asked[0]
    assert "SHA-256" in asked[0]
