"""Issuers: an account at the authority for each, or the reason why there is none."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.clusters.workloads.cert_manager.conditions import is_true, with_condition
from sandbox.clusters.workloads.cert_manager.keys import new_private_key, thumbprint
from sandbox.clusters.workloads.cert_manager.reconciling import keep_reconciling
from sandbox.clusters.workloads.cert_manager.resources import (
    CLUSTER_ISSUERS,
    ISSUERS,
    add,
    list_all,
    set_status,
)
from sandbox.clusters.workloads.cert_manager.secret_data import (
    PRIVATE_KEY,
    content,
    encoded,
    find_secret,
    secrets_path,
)
from sandbox.internet.certificate_authorities.authority import ExternalAccount
from sandbox.internet.certificate_authorities.problems import AcmeProblem

if TYPE_CHECKING:
    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.kubernetes_api import Object
    from sandbox.clusters.workloads.cert_manager.accounts import Accounts
    from sandbox.clusters.workloads.cert_manager.resources import Resource
    from sandbox.internet.certificate_authorities.authorities import CertificateAuthorities

REGISTERED, REGISTERED_MESSAGE = (
    "ACMEAccountRegistered",
    "The ACME account was registered with the ACME server",
)
NOT_REGISTERED, NOT_REGISTERED_MESSAGE = "ErrRegisterACMEAccount", "Failed to register ACME account: "
UNVERIFIED, UNVERIFIED_MESSAGE = "ErrVerifyACMEAccount", "Failed to verify ACME account: "


class SetupError(Exception):
    """An issuer can't be used; the reason of its condition, and the message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Issuers:
    """Registers accounts.

    Args:
        api: client of the cluster's API.
        clock: how long an authority takes.
        authorities: those of the internet.
        accounts: where an issuer's Secrets are.

    """

    def __init__(
        self, api: httpx.AsyncClient, clock: Clock, authorities: CertificateAuthorities, accounts: Accounts
    ) -> None:
        self._api = api
        self._clock = clock
        self._authorities = authorities
        self._accounts = accounts
        # What an issuer and its Secrets were when it was last set up: a refusal stands until they change.
        self._seen: dict[str, tuple[object, ...]] = {}

    async def run(self) -> None:
        """Serve issuers for as long as cert-manager runs."""
        paths = (CLUSTER_ISSUERS.everywhere, ISSUERS.everywhere, "/api/v1/secrets")
        await keep_reconciling(self._api, paths, self._reconcile)

    async def _reconcile(self) -> None:
        for resource in (CLUSTER_ISSUERS, ISSUERS):
            for issuer in await list_all(self._api, resource.everywhere):
                if "acme" in issuer["spec"]:
                    await self._serve(resource, issuer)

    async def _serve(self, resource: Resource, issuer: Object) -> None:
        if self._seen.get(issuer["metadata"]["uid"]) == await self._inputs(issuer):
            return
        with suppress(SetupError):
            await self._account_key(issuer)
        # With the key that was made, and without what others change while the issuer is set up.
        inputs = await self._inputs(issuer)
        status = await self._set_up(issuer)
        await set_status(self._api, resource, issuer, status)
        self._seen[issuer["metadata"]["uid"]] = inputs

    async def _inputs(self, issuer: Object) -> tuple[object, ...]:
        acme = issuer["spec"]["acme"]
        names = [acme["privateKeySecretRef"]["name"]]
        if binding := acme.get("externalAccountBinding"):
            names.append(binding["keySecretRef"]["name"])
        secrets = [await find_secret(self._api, self._accounts.home_of(issuer), name) for name in names]
        versions = [secret and secret["metadata"]["resourceVersion"] for secret in secrets]
        return (issuer["metadata"]["generation"], *versions)

    async def _set_up(self, issuer: Object) -> Object:
        """Return the status of an issuer after an account was found or made for it, or wasn't."""
        status = issuer.get("status") or {}
        generation = issuer["metadata"]["generation"]
        try:
            registration = await self._register(issuer)
        except SetupError as error:
            return with_condition(
                status, "Ready", holds=False, reason=error.reason, message=str(error), generation=generation
            )
        return with_condition(
            {**status, "acme": registration},
            "Ready",
            holds=True,
            reason=REGISTERED,
            message=REGISTERED_MESSAGE,
            generation=generation,
        )

    async def _register(self, issuer: Object) -> Object:
        """Return an issuer's `status.acme`.

        Raises:
            SetupError: there is no account to be had.

        """
        acme = issuer["spec"]["acme"]
        key = await self._account_key(issuer)
        registration: Object = {
            "uri": "",
            "lastRegisteredEmail": acme.get("email", ""),
            "lastPrivateKeyHash": base64.b64encode(hashlib.sha256(key).digest()).decode(),
        }
        if _is_as_registered(issuer, registration):
            return dict(issuer["status"]["acme"])
        external = await self._external_account(issuer)
        authority = self._authorities.at(acme["server"])
        if authority is None:
            host = urlsplit(acme["server"]).hostname
            trouble = f'Get "{acme["server"]}": dial tcp: lookup {host}: no such host'
            raise SetupError(NOT_REGISTERED, NOT_REGISTERED_MESSAGE + trouble)
        await self._clock.spend("acme.account")
        try:
            registration["uri"] = authority.register(thumbprint(key), acme.get("email", ""), external)
        except AcmeProblem as problem:
            raise SetupError(NOT_REGISTERED, f"{NOT_REGISTERED_MESSAGE}{problem}") from None
        return registration

    async def _account_key(self, issuer: Object) -> bytes:
        """Return the private key of an issuer's account; it is made when there is none.

        Raises:
            SetupError: the Secret holds none that can be used.

        """
        acme, namespace = issuer["spec"]["acme"], self._accounts.home_of(issuer)
        name, entry = acme["privateKeySecretRef"]["name"], acme["privateKeySecretRef"].get("key", PRIVATE_KEY)
        secret = await find_secret(self._api, namespace, name)
        if secret is None:
            if acme.get("disableAccountKeyGeneration"):
                raise SetupError(UNVERIFIED, f'{UNVERIFIED_MESSAGE}secret "{name}" not found')
            key = await asyncio.to_thread(new_private_key, {})
            labels = {"app.kubernetes.io/managed-by": "cert-manager"}
            body = {"metadata": {"name": name, "labels": labels}, "data": encoded({entry: key})}
            await add(self._api, secrets_path(namespace), body)
            return key
        try:
            thumbprint(content(secret, entry))
        except ValueError as error:
            raise SetupError(UNVERIFIED, f"Account private key is invalid: {error}") from None
        return content(secret, entry)

    async def _external_account(self, issuer: Object) -> ExternalAccount | None:
        """Return the account elsewhere that an issuer names, None where it names none.

        Raises:
            SetupError: its Secret isn't there, or holds no key.

        """
        binding = issuer["spec"]["acme"].get("externalAccountBinding")
        if not binding:
            return None
        name, entry = binding["keySecretRef"]["name"], binding["keySecretRef"].get("key", "")
        secret = await find_secret(self._api, self._accounts.home_of(issuer), name)
        if secret is None:
            raise SetupError(NOT_REGISTERED, f'{NOT_REGISTERED_MESSAGE}secret "{name}" not found')
        text = content(secret, entry)
        if not text:
            trouble = (
                f'failed to find external account binding key data in Secret "{name}" at index "{entry}"'
            )
            raise SetupError(NOT_REGISTERED, NOT_REGISTERED_MESSAGE + trouble)
        try:
            key = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except binascii.Error as error:
            trouble = f"failed to decode external account binding key data: {error}"
            raise SetupError(NOT_REGISTERED, NOT_REGISTERED_MESSAGE + trouble) from None
        return ExternalAccount(binding["keyID"], key)


def _is_as_registered(issuer: Object, registration: Object) -> bool:
    """Whether the account that an issuer's status names is still the one that it wants."""
    known = (issuer.get("status") or {}).get("acme") or {}
    same_host = urlsplit(known.get("uri", "")).hostname == urlsplit(issuer["spec"]["acme"]["server"]).hostname
    same_account = all(known.get(key) == value for key, value in registration.items() if key != "uri")
    return is_true(issuer, "Ready") and same_host and same_account
