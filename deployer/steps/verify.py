"""The proof: the hub's own public face answers, by the names that people will use.

What it may demand depends on the certificate. With one that browsers trust, it is checked as browsers do.
Where no authority issues one, or only a staging one, the same pages are asked for with the certificate
unchecked: that they answer with what BinderHub and JupyterHub say proves the way to them. Where an own domain
does not lead here yet, nobody can ask by its names: then Traefik answers at the address that the records have
to name, and the pods behind it are ready.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from deployer.errors import VerificationError
from deployer.kubernetes import waiting_pods
from deployer.results import Certified

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deployer.context import Context
    from deployer.workflow import StepReport

# An address's name takes up to five minutes until all resolvers know it; seconds.
ANSWER_PATIENCE = 600.0
LOOK_EVERY = 3.0


async def verify(context: Context, report: StepReport) -> str:
    """Wait until BinderHub and JupyterHub answer in public, and say that they are well.

    Raises:
        VerificationError: something answers otherwise than it should.

    """
    names, certified = context.names, _certified(context)
    if certified is Certified.UNREACHABLE:
        return await _verify_doorstep(context, report)
    checked = certified is Certified.TRUSTED
    await asyncio.gather(
        _await_answer(
            context,
            report,
            f"{names.binder_url}/versions",
            lambda url: _json_trouble(url, "binderhub", checked),
        ),
        _await_answer(
            context, report, f"{names.hub_url}/hub/api", lambda url: _json_trouble(url, "version", checked)
        ),
    )
    await _await_health(context, report, checked=checked)
    unchecked = "" if checked else " (their certificate was not checked)"
    return f"BinderHub answers at {names.binder_url}, JupyterHub at {names.hub_url}{unchecked}"


def _certified(context: Context) -> Certified:
    """Return what came of the certificate; over plain HTTP there is nothing to check."""
    certificate = context.results.certificate
    return certificate.get() if certificate.is_set else Certified.TRUSTED


async def _verify_doorstep(context: Context, report: StepReport) -> str:
    """See that the name that the domain's records have to name leads to Traefik, and the hub is ready."""
    target = context.names.cname_target
    await _await_answer(context, report, f"http://{target}/", _redirection_trouble)
    await _await_answer(context, report, context.names.binder_url, lambda _: _pods_trouble(context))
    return (
        f"Traefik answers at {target} and the hub is ready; it answers by its own names once they lead here"
    )


async def _await_answer(
    context: Context, report: StepReport, url: str, trouble_with: Callable[[str], Awaitable[str | None]]
) -> None:
    """Wait until there is no trouble with a URL."""
    started = monotonic()
    while trouble := await trouble_with(url):
        if monotonic() - started > ANSWER_PATIENCE:
            raise await _unanswered(context, url, trouble)
        report.progress(f"waiting for {url}: {trouble}")
        await asyncio.sleep(LOOK_EVERY)


async def _json_trouble(url: str, key: str, checked: bool) -> str | None:  # noqa: FBT001 - as httpx has it
    """Return what is wrong with an answer; the right service's is a JSON object with this key."""
    try:
        async with httpx.AsyncClient(timeout=20, follow_redirects=True, verify=checked) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return _no_answer(error)
    if answer.status_code != HTTPStatus.OK:
        return f"status {answer.status_code}"
    try:
        body = answer.json()
    except ValueError:
        return "not the expected service"
    return None if isinstance(body, dict) and key in body else "not the expected service"


async def _redirection_trouble(url: str) -> str | None:
    """Return what is wrong with an answer that should send visitors to HTTPS, as Traefik does everywhere."""
    try:
        async with httpx.AsyncClient(timeout=20) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return _no_answer(error)
    location = answer.headers.get("location", "")
    return (
        None if location.startswith("https://") else f"status {answer.status_code}, no redirection to HTTPS"
    )


async def _pods_trouble(context: Context) -> str | None:
    api = await context.results.cluster.get().api()
    waiting = await waiting_pods(api, context.names.namespace)
    return f"not ready: {'; '.join(waiting)}" if waiting else None


def _no_answer(error: httpx.HTTPError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate is not trusted"
    return f"no answer ({type(error).__name__})"


async def _unanswered(context: Context, url: str, trouble: str) -> VerificationError:
    return VerificationError(
        f"{url} does not answer as it should: {trouble}.",
        cause=await _pods_trouble(context),
        suggestion="Everything is installed: start again in a few minutes; it only looks at what is there.",
        retryable=True,
    )


async def _await_health(context: Context, report: StepReport, *, checked: bool) -> None:
    """Ask BinderHub how it finds its registry, its hub and its quota."""
    url = f"{context.names.binder_url}/health"
    started = monotonic()
    while failing := await _failing_checks(url, checked=checked):
        if monotonic() - started > ANSWER_PATIENCE:
            raise VerificationError(
                f"BinderHub is up, but not well: {', '.join(failing)}.",
                cause=f"{url} names what fails.",
                suggestion="Look at the logs of the pod binder for the reason.",
            )
        report.progress(f"waiting for BinderHub's own checks: {', '.join(failing)}")
        await asyncio.sleep(LOOK_EVERY)


async def _failing_checks(url: str, *, checked: bool) -> list[str]:
    """Return the names of BinderHub's checks that fail."""
    try:
        async with httpx.AsyncClient(timeout=60, verify=checked) as client:
            answer = await client.get(url)
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return [f"no answer ({type(error).__name__})"]
    if body.get("ok"):
        return []
    return [check.get("service", "unknown") for check in body.get("checks", []) if not check.get("ok")] or [
        f"status {answer.status_code}"
    ]
