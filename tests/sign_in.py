"""Signs clients of the SDK in to the sandbox, from the process of a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.identity.aio import ClientSecretCredential

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from sandbox.client import RunningSandbox


def sign_in(
    sandbox: RunningSandbox, settings: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> ClientSecretCredential:
    """Return the credential of a service principal, and lead this process over the sandbox's network.

    Args:
        sandbox: where Azure is.
        settings: the SP_… settings of the service principal.
        monkeypatch: of the test.

    """
    for name, value in sandbox.network.items():
        monkeypatch.setenv(name, value)
    return ClientSecretCredential(
        settings["SP_TENANT_ID"],
        settings["SP_APP_ID"],
        settings["SP_APP_KEY"],
        connection_verify=sandbox.network["SSL_CERT_FILE"],
    )
