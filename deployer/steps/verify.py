"""The proof: the hub's own public face answers, by the names that people will use."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from deployer.errors import VerificationError
from deployer.kubernetes import service_address, waiting_pods, warnings_about

if TYPE_CHECKING:
    from deployer.context import Context
    from deployer.workflow import StepReport

# An address takes a minute or two, its name up to five more in resolvers' caches; seconds.
ADDRESS_PATIENCE = 600.0
ANSWER_PATIENCE = 600.0
LOOK_EVERY = 3.0

OK = 200
LABEL_TAKEN = "DnsRecordInUse"


async def verify(context: Context, report: StepReport) -> str:
    """Wait until BinderHub and JupyterHub answer in public, and say that they are well.

    Raises:
        VerificationError: an address is missing, or something answers otherwise than it should.

    """
    names = context.names
    await asyncio.gather(
        _await_address(context, report, "binder", names.binder_label),
        _await_address(context, report, "proxy-public", names.hub_label),
    )
    await asyncio.gather(
        _await_answer(context, report, f"{names.binder_url}/versions", "binderhub"),
        _await_answer(context, report, f"{names.hub_url}/hub/api", "version"),
    )
    await _await_health(context, report)
    return f"BinderHub answers at {names.binder_url}, JupyterHub at {names.hub_url}"


async def _await_address(context: Context, report: StepReport, service: str, label: str) -> str:
    """Wait for a Service's public address; a label that somebody else has will never come."""
    api = await context.results.cluster.get().api()
    namespace = context.names.namespace
    started = monotonic()
    while not (address := await service_address(api, namespace, service)):
        warnings = await warnings_about(api, namespace, "Service", service)
        if any(LABEL_TAKEN in warning for warning in warnings):
            raise VerificationError(
                f"The host name {label}.{context.settings.region}.cloudapp.azure.com is taken.",
                cause="Somebody else in this Azure region uses this name for a public address.",
                suggestion="Choose another BINDERHUB_NAME.",
            )
        if monotonic() - started > ADDRESS_PATIENCE:
            raise VerificationError(
                f"Azure gave the Service {service} no public address.",
                cause=warnings[-1] if warnings else None,
                suggestion="A trial subscription allows three public addresses a region: remove one that is "
                "not needed, or choose another region.",
                retryable=True,
            )
        report.progress(f"waiting for the public address of {service}")
        await asyncio.sleep(LOOK_EVERY)
    return address


async def _await_answer(context: Context, report: StepReport, url: str, key: str) -> None:
    """Wait until the URL answers with a JSON object that has the key, as only the right service does."""
    started = monotonic()
    while trouble := await _trouble_with(url, key):
        if monotonic() - started > ANSWER_PATIENCE:
            raise await _unanswered(context, url, trouble)
        report.progress(f"waiting for {url}: {trouble}")
        await asyncio.sleep(LOOK_EVERY)


async def _trouble_with(url: str, key: str) -> str | None:
    """Ask once; return what is wrong with the answer, None when nothing is."""
    try:
        async with httpx.AsyncClient(timeout=20, follow_redirects=True) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return f"no answer ({type(error).__name__})"
    if answer.status_code != OK:
        return f"status {answer.status_code}"
    try:
        body = answer.json()
    except ValueError:
        return "not the expected service"
    return None if isinstance(body, dict) and key in body else "not the expected service"


async def _unanswered(context: Context, url: str, trouble: str) -> VerificationError:
    api = await context.results.cluster.get().api()
    waiting = await waiting_pods(api, context.names.namespace)
    return VerificationError(
        f"{url} does not answer as it should: {trouble}.",
        cause=f"Not ready: {'; '.join(waiting)}" if waiting else None,
        suggestion="Everything is installed: start again in a few minutes; it only looks at what is there.",
        retryable=True,
    )


async def _await_health(context: Context, report: StepReport) -> None:
    """Ask BinderHub how it finds its registry, its hub and its quota."""
    url = f"{context.names.binder_url}/health"
    started = monotonic()
    while failing := await _failing_checks(url):
        if monotonic() - started > ANSWER_PATIENCE:
            raise VerificationError(
                f"BinderHub is up, but not well: {', '.join(failing)}.",
                cause=f"{url} names what fails.",
                suggestion="Look at the logs of the pod binder for the reason.",
            )
        report.progress(f"waiting for BinderHub's own checks: {', '.join(failing)}")
        await asyncio.sleep(LOOK_EVERY)


async def _failing_checks(url: str) -> list[str]:
    """Return the names of BinderHub's checks that fail."""
    try:
        async with httpx.AsyncClient(timeout=60) as client:
            answer = await client.get(url)
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return [f"no answer ({type(error).__name__})"]
    if body.get("ok"):
        return []
    return [check.get("service", "unknown") for check in body.get("checks", []) if not check.get("ok")] or [
        f"status {answer.status_code}"
    ]
