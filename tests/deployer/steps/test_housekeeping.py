"""Housekeeping that cannot be done is a note, and the deployment goes on."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from deployer.errors import KubernetesError
from deployer.progress.events import Progress
from deployer.progress.notes import Notes
from deployer.progress.report import StepReport
from deployer.settings import CertificateAuthority
from deployer.steps import cleanup

if TYPE_CHECKING:
    import pytest

NAMES = SimpleNamespace(namespace="demo", cnames={}, hub="demo")


class StubbornIssuers:
    """The certificates of a cluster that lets one of two old issuers go."""

    def __init__(self, _api: Any, _names: Any) -> None:
        self.removed: list[str] = []

    async def own_issuers(self) -> list[str]:
        return ["kept-by-a-webhook", "old"]

    async def remove_issuer(self, issuer: str) -> None:
        if issuer == "kept-by-a-webhook":
            raise KubernetesError("denied by a webhook")


async def test_an_issuer_that_stays_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_given: Any) -> list[str]:
        return []

    async def api() -> None:
        """No API is asked."""

    monkeypatch.setattr(cleanup, "CertificateClient", StubbornIssuers)
    monkeypatch.setattr(cleanup, "read_inventory", nothing)
    monkeypatch.setattr(cleanup, "write_inventory", nothing)
    settings = SimpleNamespace(https=True, certificate_authority=CertificateAuthority.LETSENCRYPT)
    cluster = SimpleNamespace(get=lambda: SimpleNamespace(api=api))
    results = SimpleNamespace(cluster=cluster, dns_records=SimpleNamespace(is_set=False))
    context: Any = SimpleNamespace(settings=settings, names=NAMES, results=results)
    notes = Notes()
    report = StepReport("cleanup", Progress((notes,), str))
    assert await cleanup.clean_up(context, report) == "removed the issuer old"
    (note,) = notes.all()
    assert "kept-by-a-webhook" in note.message
    assert "denied by a webhook" in note.message
