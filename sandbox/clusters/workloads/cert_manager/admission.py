"""What cert-manager's webhook finds wrong with an object, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.clusters.workloads.cert_manager.resources import CERTIFICATES, CLUSTER_ISSUERS, ISSUERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.clusters.kubernetes_api import Object

ISSUER_TYPES = ("acme", "ca", "selfSigned", "vault", "venafi")
NAMES = ("commonName", "dnsNames", "uris", "emailAddresses", "ipAddresses", "otherNames", "literalSubject")
LONGEST_COMMON_NAME = 64
SOLVER_SERVICES = ("", "ClusterIP", "NodePort")
RSA_SIZES = (2048, 8192)
ECDSA_SIZES = (256, 384, 521)


def objections(item: Object) -> str:
    """Return what is wrong with an object, empty when nothing is."""
    found: list[str] = []
    if item.get("kind") == CERTIFICATES.kind:
        found = list(_certificate(item.get("spec") or {}))
    elif item.get("kind") in {ISSUERS.kind, CLUSTER_ISSUERS.kind}:
        found = list(_issuer(item.get("spec") or {}))
    return found[0] if len(found) == 1 else f"[{', '.join(found)}]" if found else ""


def _certificate(spec: Object) -> Iterator[str]:
    if not spec.get("secretName"):
        yield _required("spec.secretName", "must be specified")
    yield from _issuer_ref(spec.get("issuerRef") or {})
    if not any(spec.get(name) for name in NAMES):
        yield _invalid(
            "spec",
            "",
            "at least one of commonName (from the commonName field or from a literalSubject), dnsNames, "
            "emailSANs, ipAddresses, otherNames, or uriSANs must be set",
        )
    if len(spec.get("commonName") or "") > LONGEST_COMMON_NAME:
        yield f"spec.commonName: Too long: may not be more than {LONGEST_COMMON_NAME} bytes"
    yield from _private_key(spec.get("privateKey") or {})


def _issuer_ref(reference: Object) -> Iterator[str]:
    if not reference.get("name"):
        yield _required("spec.issuerRef.name", "must be specified")
    group, kind = reference.get("group") or "", reference.get("kind") or ""
    if group in {"", ISSUERS.group} and kind not in {"", ISSUERS.kind, CLUSTER_ISSUERS.kind}:
        hint = "" if group else " (did you forget to set spec.issuerRef.kind.group?)"
        yield _invalid("spec.issuerRef.kind", kind, f"must be one of Issuer or ClusterIssuer{hint}")


def _private_key(wanted: Object) -> Iterator[str]:
    size, algorithm = wanted.get("size") or 0, wanted.get("algorithm") or "RSA"
    if algorithm == "RSA" and size and not RSA_SIZES[0] <= size <= RSA_SIZES[1]:
        limits = f"must be between {RSA_SIZES[0]} and {RSA_SIZES[1]} for rsa keyAlgorithm"
        yield f"spec.privateKey.size: Invalid value: {size}: {limits}"
    if algorithm == "ECDSA" and size and size not in ECDSA_SIZES:
        values = ", ".join(f'"{one}"' for one in ECDSA_SIZES)
        yield f"spec.privateKey.size: Unsupported value: {size}: supported values: {values}"


def _issuer(spec: Object) -> Iterator[str]:
    # An empty section counts: `selfSigned: {}` is a whole issuer.
    configured = [kind for kind in ISSUER_TYPES if spec.get(kind) is not None]
    if not configured:
        yield _required("spec", "at least one issuer must be configured")
    if "acme" in configured:
        yield from _acme(spec["acme"])
    for further in configured[1:]:
        yield f"spec.{further}: Forbidden: may not specify more than one issuer type"


def _acme(acme: Object) -> Iterator[str]:
    if not (acme.get("privateKeySecretRef") or {}).get("name"):
        message = "private key secret name is a required field"
        yield _required("spec.acme.privateKeySecretRef.name", message)
    if not acme.get("server"):
        yield _required("spec.acme.server", "acme server URL is a required field")
    if (binding := acme.get("externalAccountBinding")) is not None:
        yield from _external_account(binding)
    for number, solver in enumerate(acme.get("solvers") or ()):
        yield from _solver(solver, f"spec.acme.solvers[{number}]")


def _external_account(binding: Object) -> Iterator[str]:
    field, reference = "spec.acme.externalAccountBinding", binding.get("keySecretRef") or {}
    if not binding.get("keyID"):
        yield _required(f"{field}.keyID", "the keyID field is required when using externalAccountBinding")
    for name in ("name", "key"):
        if not reference.get(name):
            yield _required(f"{field}.keySecretRef.{name}", f"secret {name} is required")


def _solver(solver: Object, field: str) -> Iterator[str]:
    http = solver.get("http01")
    if http is None and solver.get("dns01") is None:
        yield _required(field, "no solver type configured")
    elif http is not None and solver.get("dns01") is not None:
        yield f"{field}: Forbidden: may not specify more than one solver type in a single solver"
    if http is not None:
        yield from _http_solver(http, f"{field}.http01")


def _http_solver(http: Object, field: str) -> Iterator[str]:
    ingress = http.get("ingress")
    if ingress is None and http.get("gatewayHTTPRoute") is None:
        yield _required(field, "no HTTP01 solver type configured")
    if ingress is None:
        return
    if sum(ingress.get(name) is not None for name in ("class", "ingressClassName", "name")) > 1:
        message = "only one of 'ingressClassName', 'name' or 'class' should be specified"
        yield f"{field}.ingress: Forbidden: {message}"
    kind = ingress.get("serviceType") or ""
    if kind not in SOLVER_SERVICES:
        yield _invalid(f"{field}.ingress.serviceType", kind, 'must be empty, "ClusterIP" or "NodePort"')


def _required(field: str, message: str) -> str:
    return f"{field}: Required value: {message}"


def _invalid(field: str, value: str, message: str) -> str:
    return f'{field}: Invalid value: "{value}": {message}'
