"""Objects as cert-manager 1.20 leaves them in a cluster, along the way of one certificate."""

from __future__ import annotations

from typing import Any

from deployer.certificates.state import CertificateObjects

BINDER = "demo.westeurope.cloudapp.azure.com"
HUB = "demo-hub.westeurope.cloudapp.azure.com"
FAILED_AT = "2026-11-25T10:00:00Z"
RATE_LIMIT = (
    "Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many certificates (50) already "
    'issued for "azure.com" in the last 168h0m0s, retry after 2026-11-26 04:30:00 UTC: see '
    "https://letsencrypt.org/docs/rate-limits/#new-certificates-per-registered-domain"
)
CAA = (
    f"Error accepting authorization: acme: authorization error for {BINDER}: 403 "
    "urn:ietf:params:acme:error:caa: CAA record for azure.com prevents issuance"
)
UNREACHED = (
    f"Error accepting authorization: acme: authorization error for {BINDER}: 400 "
    "urn:ietf:params:acme:error:connection: 203.0.113.7: Fetching "
    f"http://{BINDER}/.well-known/acme-challenge/token: Timeout during connect (likely firewall problem)"
)
WRONG_EMAIL = (
    "Failed to register ACME account: 400 urn:ietf:params:acme:error:invalidContact: Error creating new "
    "account :: contact email has forbidden domain"
)


def condition(kind: str, *, holds: bool, reason: str = "", message: str = "", generation: int = 1) -> Any:
    return {
        "type": kind,
        "status": str(holds),
        "reason": reason,
        "message": message,
        "observedGeneration": generation,
        "lastTransitionTime": FAILED_AT,
    }


def certificate(*conditions: Any, issuer: str = "letsencrypt", generation: int = 1, **status: Any) -> Any:
    return {
        "metadata": {"name": "binderhub", "uid": "certificate", "generation": generation},
        "spec": {
            "dnsNames": [BINDER, HUB],
            "secretName": "binderhub-tls",
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": issuer},
        },
        "status": {"conditions": list(conditions), **status},
    }


def failed_certificate(message: str, *, attempts: int = 1, issuer: str = "letsencrypt") -> Any:
    said = f"The certificate request has failed to complete and will be retried: {message}"
    return certificate(
        condition("Ready", holds=False, reason="DoesNotExist", message="Issuing certificate as Secret …"),
        condition("Issuing", holds=False, reason="Failed", message=said),
        issuer=issuer,
        lastFailureTime=FAILED_AT,
        failedIssuanceAttempts=attempts,
    )


def issuer(*conditions: Any) -> Any:
    ready = condition("Ready", holds=True, reason="ACMEAccountRegistered")
    return {
        "metadata": {"name": "letsencrypt", "generation": 1},
        "status": {"conditions": list(conditions) or [ready]},
    }


def owned(name: str, owner: str, created: str = FAILED_AT, **parts: Any) -> Any:
    metadata = {
        "name": name,
        "uid": name,
        "creationTimestamp": created,
        "ownerReferences": [{"uid": owner, "controller": True}],
    }
    return {"metadata": metadata, **parts}


def request(name: str = "binderhub-1", of: str = "letsencrypt", created: str = FAILED_AT) -> Any:
    return owned(name, "certificate", created, spec={"issuerRef": {"name": of}})


def order(state: str, reason: str = "", request: str = "binderhub-1") -> Any:
    return owned(f"{request}-2345", request, status={"state": state, "reason": reason})


def challenge(host: str, state: str = "pending", reason: str = "", request: str = "binderhub-1") -> Any:
    status = {"state": state, "reason": reason, "presented": True, "processing": True}
    return owned(f"{host}-6789", f"{request}-2345", spec={"dnsName": host}, status=status)


def self_check(trouble: str) -> str:
    return f"Waiting for HTTP-01 challenge propagation: {trouble}"


def objects(certificate: Any, *below: Any, issuer: Any = None) -> CertificateObjects:
    """Sort the objects below a Certificate by their kind."""
    return CertificateObjects(
        certificate,
        issuer,
        requests=[one for one in below if "issuerRef" in one.get("spec", {})],
        orders=[one for one in below if "spec" not in one],
        challenges=[one for one in below if "dnsName" in one.get("spec", {})],
    )
