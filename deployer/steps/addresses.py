"""Waits for the public addresses and their DNS labels, which another Service of this hub may still hold."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.errors import VerificationError
from deployer.kubernetes.cluster import holders_of_label, service_address, warnings_about
from deployer.names import INGRESS, PUBLIC_SUFFIX, TRAEFIK_HUB_SERVICE, TRAEFIK_SERVICE
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from kr8s.asyncio import Api

    from deployer.kubernetes.cluster import ClusterWarning
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# An address takes a minute or two. Seconds.
ADDRESS_LIMIT = 600.0
# For a label that another Service of this hub has: BinderHub is upgraded first, which may take a quarter of
# an hour, and Azure tries the label again within five minutes. Seconds.
MOVING_LABEL_LIMIT = 1500.0
LOOK_EVERY = 3.0

LABEL_TAKEN = "DnsRecordInUse"


@dataclass(frozen=True)
class PublicService:
    """A Service that visitors reach, and its DNS label."""

    namespace: str
    name: str
    label: str


def addresses_step() -> Step[Context]:
    """Declare the step."""
    return Step("addresses", "Wait for the public addresses of the hub", ensure_addresses)


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
        VerificationError: an address is not assigned in time, or its label belongs to someone else.

    """
    services = public_services(context.names, https=context.settings.https)
    addresses = await asyncio.gather(*(_await_address(context, report, service) for service in services))
    return f"public addresses: {', '.join(addresses)}"


async def _await_address(context: Context, report: StepReport, service: PublicService) -> str:
    api = await context.results.cluster.get().api()
    first_run = context.results.release_before.get() is None
    conflict = LabelConflict(api, service, first_run=first_run)
    limit = ADDRESS_LIMIT if first_run else MOVING_LABEL_LIMIT

    async def look() -> str | Pending:
        address = await service_address(api, service.namespace, service.name)
        if address:
            return address
        warnings = await warnings_about(api, service.namespace, "Service", service.name)
        if await conflict.is_foreign(warnings):
            raise _label_taken(context, service)
        return Pending(f"waiting for the public address of {service.name}")

    try:
        return await wait_until(look, report.progress, limit=limit, every=LOOK_EVERY)
    except TimeLimitExceededError:
        warnings = await warnings_about(api, service.namespace, "Service", service.name)
        raise VerificationError(
            f"Azure assigned no public address to the Service {service.name}.",
            cause=warnings[-1].message if warnings else None,
            suggestion="A trial subscription allows three public addresses a region: remove one that is "
            "not needed, or choose another region.",
            retryable=True,
        ) from None


class LabelConflict:
    """Tells a DNS label that another Service of this hub is giving up from one that someone else holds.

    When a hub changes between plain HTTP and HTTPS, its labels move to other Services. The refusal of the
    cloud then stands until it tries again, although the label may be free by then.

    Args:
        api: the cluster's API.
        service: the Service that needs the label.
        first_run: whether this hub had no release before.

    """

    def __init__(self, api: Api, service: PublicService, *, first_run: bool) -> None:
        self._api = api
        self._service = service
        self._first_run = first_run
        self._old_sign: str | None = None

    async def is_foreign(self, warnings: list[ClusterWarning]) -> bool:
        """Return whether the warnings about the Service mean that the label belongs to someone else."""
        refusals = [warning for warning in warnings if LABEL_TAKEN in warning.message]
        if not refusals:
            return False
        # On a first run no Service of this hub can hold the label.
        if self._first_run:
            return True
        own = f"{self._service.namespace}/{self._service.name}"
        if any(holder != own for holder in await holders_of_label(self._api, self._service.label)):
            self._old_sign = None
            return False
        # No Service of this hub holds the label any more. The refusal may still be the one from before, so
        # only a refusal that the cloud repeats from now on counts.
        if self._old_sign is None:
            self._old_sign = refusals[-1].sign
        return refusals[-1].sign != self._old_sign


def _label_taken(context: Context, service: PublicService) -> VerificationError:
    return VerificationError(
        f"The host name {service.label}.{context.settings.region}.{PUBLIC_SUFFIX} is taken.",
        cause="Another public address in this Azure region uses this name.",
        suggestion="Choose another BINDERHUB_NAME.",
    )
