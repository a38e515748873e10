"""Checks that the hub answers at the public names that people will use.

What the check may demand depends on the certificate. One that browsers trust is verified as browsers do.
Where no authority has issued one, or only a staging authority, the same pages are requested without
verification: answers that only BinderHub and JupyterHub give still prove the way to them. Where a custom
domain does not resolve to the hub yet, its names cannot be requested: then Traefik has to answer at the name
that the DNS records point to, and the pods behind it have to be ready.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from deployer.azure.refusals import first_lasting, in_words
from deployer.errors import KubernetesError, VerificationError
from deployer.kubernetes.obstacles import ObstacleFinder
from deployer.run.results import CertificateOutcome
from deployer.run.workflow import Step
from deployer.settings.chart_values import likely_cause
from deployer.waiting import Pending, TimeLimitExceededError, all_of, wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from deployer.kubernetes.obstacles import Obstacle
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

# The name of a new address takes up to five minutes to reach all resolvers. Seconds.
ANSWER_LIMIT = 600.0
LOOK_EVERY = 3.0


def verify_step() -> Step[Context]:
    """Declare the step."""
    return Step("verify", "Check that BinderHub and JupyterHub respond", verify)


async def verify(context: Context, report: StepReport) -> str:
    """Wait until BinderHub and JupyterHub answer in public and report that they are healthy.

    Raises:
        VerificationError: one of them, or both, do not answer as they should.

    """
    try:
        return await _verify(context, report)
    except VerificationError as error:
        error.cause = likely_cause(error.cause, context.settings.helm_values)
        raise


async def _verify(context: Context, report: StepReport) -> str:
    names, outcome = context.names, _certificate_outcome(context)
    if outcome is CertificateOutcome.UNREACHABLE:
        return await _verify_without_domain(context, report)
    checked = outcome is CertificateOutcome.TRUSTED
    await all_of(
        _await_answer(
            context,
            report,
            f"{names.binder_url}/versions",
            lambda url: _problem_with_json(url, "binderhub", checked),
        ),
        _await_answer(
            context,
            report,
            f"{names.hub_url}/hub/api",
            lambda url: _problem_with_json(url, "version", checked),
        ),
        grace=LOOK_EVERY,
    )
    await _await_health(context, report, checked=checked)
    unchecked = "" if checked else " (their certificate was not checked)"
    return f"BinderHub answers at {names.binder_url}, JupyterHub at {names.hub_url}{unchecked}"


def _certificate_outcome(context: Context) -> CertificateOutcome:
    """Return the outcome of the step `certificate`; over plain HTTP there is nothing to check."""
    certificate = context.results.certificate
    return certificate.get() if certificate.is_set else CertificateOutcome.TRUSTED


async def _verify_without_domain(context: Context, report: StepReport) -> str:
    """Check that the target of the DNS records leads to Traefik, and that the pods of the hub are ready."""
    target = context.names.cname_target
    await _await_answer(context, report, f"http://{target}/", _problem_with_redirection)
    finder = await _open_finder(context)
    await _await_answer(context, report, context.names.binder_url, lambda _: _unready_pods(finder))
    return f"Traefik answers at {target} and the hub is ready; its own names do not resolve to it yet"


async def _await_answer(
    context: Context, report: StepReport, url: str, find_problem: Callable[[str], Awaitable[str | None]]
) -> None:
    """Wait until there is no problem with a URL, and show why pods behind it are not ready."""
    finder = await _open_finder(context)
    problem: str | None = None

    async def look() -> bool | Pending:
        nonlocal problem
        problem = await find_problem(url)
        if problem is None:
            return True
        obstacles = await _obstacles(finder)
        if lasting := first_lasting(obstacles):
            raise lasting.as_error(VerificationError, f"{url} cannot answer ({problem})")
        pods = f"; {_not_ready(obstacles)}" if obstacles else ""
        return Pending(f"waiting for {url}: {problem}{pods}")

    try:
        await wait_until(look, report.progress, limit=ANSWER_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise VerificationError(
            f"{url} does not answer as it should: {problem}.",
            cause=_not_ready(await _obstacles(finder)),
            suggestion="Everything is installed: start again in a few minutes; that only checks what exists.",
            retryable=True,
        ) from None


async def _problem_with_json(url: str, key: str, checked: bool) -> str | None:  # noqa: FBT001 - as in httpx
    """Return the problem with an answer; the right service returns a JSON object with this key."""
    import httpx

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


async def _problem_with_redirection(url: str) -> str | None:
    """Return the problem with an answer that should redirect to HTTPS, as Traefik does everywhere."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=20) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return _no_answer(error)
    location = answer.headers.get("location", "")
    return (
        None if location.startswith("https://") else f"status {answer.status_code}, no redirection to HTTPS"
    )


async def _unready_pods(finder: ObstacleFinder) -> str | None:
    return "its pods are not ready" if await _obstacles(finder) else None


async def _open_finder(context: Context) -> ObstacleFinder:
    return await ObstacleFinder.open(await context.results.cluster.get().api(), context.names.namespace)


async def _obstacles(finder: ObstacleFinder) -> list[Obstacle]:
    """Return the obstacles, none where the API of the cluster does not answer: it is not what is checked."""
    try:
        return await finder.find()
    except KubernetesError:
        return []


def _not_ready(obstacles: list[Obstacle]) -> str | None:
    return f"not ready: {'; '.join(in_words(each) for each in obstacles)}" if obstacles else None


def _no_answer(error: httpx.HTTPError) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate is not trusted"
    return f"no answer ({type(error).__name__})"


async def _await_health(context: Context, report: StepReport, *, checked: bool) -> None:
    """Wait until BinderHub reports that registry, hub and quota are fine."""
    url = f"{context.names.binder_url}/health"
    failing: list[str] = []

    async def look() -> bool | Pending:
        nonlocal failing
        failing = await _failing_checks(url, checked=checked)
        return (
            Pending(f"waiting for the health checks of BinderHub: {', '.join(failing)}") if failing else True
        )

    try:
        await wait_until(look, report.progress, limit=ANSWER_LIMIT, every=LOOK_EVERY)
    except TimeLimitExceededError:
        raise VerificationError(
            f"BinderHub runs but reports problems: {', '.join(failing)}.",
            cause=f"{url} names the checks that fail.",
            suggestion="Look for the reason in the logs of the pod binder.",
        ) from None


async def _failing_checks(url: str, *, checked: bool) -> list[str]:
    """Return the names of the health checks that fail."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=60, verify=checked) as client:
            answer = await client.get(url)
        body = dict(answer.json())
    except httpx.HTTPError as error:
        return [_no_answer(error)]
    except (ValueError, TypeError):
        return ["not the expected service"]
    if body.get("ok"):
        return []
    return [check.get("service", "unknown") for check in body.get("checks", []) if not check.get("ok")] or [
        f"status {answer.status_code}"
    ]
