"""The public addresses, each with the DNS label that names it, which others may have to give back first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from deployer.errors import VerificationError
from deployer.kubernetes import holders_of_label, service_address, warnings_about
from deployer.names import INGRESS, PUBLIC_SUFFIX, TRAEFIK_HUB_SERVICE, TRAEFIK_SERVICE

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.context import Context
    from deployer.kubernetes import ClusterWarning
    from deployer.names import HubNames
    from deployer.workflow import StepReport

# An address takes a minute or two; a label that was given back is tried again within five. Seconds.
ADDRESS_PATIENCE = 600.0
LOOK_EVERY = 3.0

LABEL_TAKEN = "DnsRecordInUse"


@dataclass(frozen=True)
class PublicService:
    """A Service that visitors reach, and the label that it carries."""

    namespace: str
    name: str
    label: str


def public_services(names: HubNames, *, https: bool) -> tuple[PublicService, ...]:
    """Return the Services with a public address."""
    if not https:
        return (
            PublicService(names.namespace, "binder", names.binder_label),
            PublicService(names.namespace, "proxy-public", names.hub_label),
        )
    first = PublicService(INGRESS, TRAEFIK_SERVICE, names.binder_label)
    if names.cnames:
        return (first,)
    return first, PublicService(INGRESS, TRAEFIK_HUB_SERVICE, names.hub_label)


async def ensure_addresses(context: Context, report: StepReport) -> str:
    """Wait until every public Service has its address and its label.

    Raises:
        VerificationError: an address does not come, or somebody else has the label.

    """
    services = public_services(context.names, https=context.settings.https)
    addresses = await asyncio.gather(*(_await_address(context, report, service) for service in services))
    return f"public addresses: {', '.join(addresses)}"


async def _await_address(context: Context, report: StepReport, service: PublicService) -> str:
    api = await context.results.cluster.get().api()
    conflict = LabelConflict(api, service, first_run=context.results.release_before.get() is None)
    started = monotonic()
    while not (address := await service_address(api, service.namespace, service.name)):
        warnings = await warnings_about(api, service.namespace, "Service", service.name)
        if await conflict.is_with_a_stranger(warnings):
            raise _taken(context, service)
        if monotonic() - started > ADDRESS_PATIENCE:
            raise VerificationError(
                f"Azure gave the Service {service.name} no public address.",
                cause=warnings[-1].message if warnings else None,
                suggestion="A trial subscription allows three public addresses a region: remove one that is "
                "not needed, or choose another region.",
                retryable=True,
            )
        report.progress(f"waiting for the public address of {service.name}")
        await asyncio.sleep(LOOK_EVERY)
    return address


class LabelConflict:
    """Tells a label that another Service of this hub is giving back from one that somebody else has.

    When the hub changes between plain HTTP and HTTPS, the label changes hands. The cloud's refusal then
    stands until it tries again, although the label is free by then: only a refusal that is said anew, after
    no Service of ours holds the label any more, is about a stranger. On a first run nothing of ours can hold
    it.

    Args:
        api: the cluster's API.
        service: who wants the label.
        first_run: whether this hub had no release before.

    """

    def __init__(self, api: Api, service: PublicService, *, first_run: bool) -> None:
        self._api = api
        self._service = service
        self._first_run = first_run
        self._old_sign: str | None = None

    async def is_with_a_stranger(self, warnings: list[ClusterWarning]) -> bool:
        """Judge what the cloud says of the Service."""
        refusals = [warning for warning in warnings if LABEL_TAKEN in warning.message]
        if not refusals:
            return False
        if self._first_run:
            return True
        own = f"{self._service.namespace}/{self._service.name}"
        if any(holder != own for holder in await holders_of_label(self._api, self._service.label)):
            self._old_sign = None
            return False
        if self._old_sign is None:
            self._old_sign = refusals[-1].sign
        return refusals[-1].sign != self._old_sign


def _taken(context: Context, service: PublicService) -> VerificationError:
    return VerificationError(
        f"The host name {service.label}.{context.settings.region}.{PUBLIC_SUFFIX} is taken.",
        cause="Somebody else in this Azure region uses this name for a public address.",
        suggestion="Choose another BINDERHUB_NAME.",
    )
