"""The variables by which clients reach the sandbox: a proxy and a certificate authority, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PROXY_VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy")
_NO_PROXY_VARIABLES = ("NO_PROXY", "no_proxy")
# OpenSSL, requests, curl, Node.js, git and azure-cli read different variables.
_AUTHORITY_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
)


def network_environment(proxy: str, ca_file: Path) -> dict[str, str]:
    """Return the variables by which every client reaches the sandbox.

    Args:
        proxy: address of the proxy.
        ca_file: certificate of the authority, as PEM.

    """
    return {
        **dict.fromkeys(_PROXY_VARIABLES, proxy),
        **dict.fromkeys(_NO_PROXY_VARIABLES, ""),
        **dict.fromkeys(_AUTHORITY_VARIABLES, str(ca_file)),
        # Authorities in a directory would be trusted beside ours.
        "SSL_CERT_DIR": "",
    }
