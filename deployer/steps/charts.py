"""Fetches the charts, checks them and lets them judge their values, before anything is created that costs.

The schema and the templates of a chart refuse wrong keys and types. Without this step they would do so when
the cluster is ready, ten minutes later.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from deployer.azure.registry_passwords import SLOTS
from deployer.cloud import REGISTRY_SUFFIX
from deployer.errors import HelmError, PreflightError
from deployer.helm.charts import binderhub_chart, cert_manager_chart, fetch_chart, traefik_chart
from deployer.helm.rendering import find_refusals
from deployer.helm.values import (
    RegistryAccess,
    RegistryLogin,
    render_binderhub_values,
    render_cert_manager_values,
    render_traefik_values,
)
from deployer.private_files import private_folder
from deployer.run.workflow import Step
from deployer.settings import ContainerRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deployer.helm.charts import ChartSource
    from deployer.progress.report import StepReport
    from deployer.run.context import Context
    from deployer.settings import Settings


def charts_step(settings: Settings) -> Step[Context]:
    """Declare the step."""
    names = ", ".join(chart.name for chart in _sources(settings))
    return Step(
        "charts", f"Fetch the charts ({names}), and check their content and the values", prepare_charts
    )


async def prepare_charts(context: Context, report: StepReport) -> str:
    """Fetch every chart of the plan and render it.

    Raises:
        PreflightError: there is no such chart, its content is another, or it refuses its values.

    """
    sources = _sources(context.settings)
    directory = context.resources.enter_context(private_folder())
    report.progress(f"fetching {', '.join(source.name for source in sources)}")
    packages = await _fetch(context.helm, sources, directory)
    await _judge(context, packages)
    context.results.charts.set(packages)
    unchecked = [source.name for source in sources if source.chart.digest is None]
    but = f" (but that of {', '.join(unchecked)} is not checked)" if unchecked else ""
    named = ", ".join(f"{source.name} {source.version}" for source in sources)
    return f"the content is as it has to be{but}, and the values fit: {named}"


async def _fetch(helm: Path, sources: Sequence[ChartSource], directory: Path) -> dict[str, Path]:
    """Return the packages by chart; report all versions that do not exist at once."""
    fetched = await asyncio.gather(
        *(fetch_chart(helm, source, directory) for source in sources), return_exceptions=True
    )
    failures = [failure for failure in fetched if isinstance(failure, BaseException)]
    missing = [failure for failure in failures if isinstance(failure, HelmError) and not failure.retryable]
    if len(missing) < len(failures):
        raise next(failure for failure in failures if failure not in missing)
    if missing:
        raise PreflightError(
            " ".join(f"{failure.message.rstrip('.')}." for failure in missing),
            cause=missing[0].cause,
            suggestion=" ".join(failure.suggestion for failure in missing if failure.suggestion),
        )
    return {
        source.name: package
        for source, package in zip(sources, fetched, strict=True)
        if isinstance(package, Path)
    }


def _sources(settings: Settings) -> tuple[ChartSource, ...]:
    of_https = (traefik_chart(settings), cert_manager_chart(settings)) if settings.https else ()
    return (binderhub_chart(settings), *of_https)


async def _judge(context: Context, packages: Mapping[str, Path]) -> None:
    """Judge the values of the deployer by every chart, then HELM_VALUES by that of BinderHub."""
    settings = context.settings
    for chart, values in _own_values(context):
        if refusals := await _refusals(context, packages, chart, values):
            raise PreflightError(
                f"The values of the deployer do not fit the chart {chart.name} {chart.version}: {refusals}.",
                suggestion="Leave AKS_KUBERNETES_VERSION unset, or set one that the chart supports."
                if "incompatible with Kubernetes" in refusals
                else f"Leave {chart.setting} unset for the version that is known to work.",
            )
    if settings.helm_values is None:
        return
    chart = binderhub_chart(settings)
    if refusals := await _refusals(context, packages, chart, _hub_values(settings, context)):
        raise PreflightError(
            f"HELM_VALUES do not fit the chart {chart.name} {chart.version}: {refusals}.",
            suggestion="Correct these keys in HELM_VALUES (helmValues in the form, helm_values in "
            "config.json); those of JupyterHub belong under jupyterhub:. Nothing was created.",
        )


def _own_values(context: Context) -> Iterator[tuple[ChartSource, dict[str, Any]]]:
    """Yield each chart with the values that the deployer has for it."""
    settings = context.settings
    without = settings.model_copy(update={"helm_values": None})
    yield binderhub_chart(settings), _hub_values(without, context)
    if settings.https:
        yield traefik_chart(settings), render_traefik_values(settings, context.names)
        yield cert_manager_chart(settings), render_cert_manager_values()


async def _refusals(
    context: Context, packages: Mapping[str, Path], chart: ChartSource, values: Mapping[str, Any]
) -> str:
    version = context.settings.aks_kubernetes_version
    found = await find_refusals(context.helm, packages[chart.name], chart.name, values, version)
    return "; ".join(found)


def _hub_values(settings: Settings, context: Context) -> dict[str, Any]:
    """Return the values of BinderHub as they will be, apart from the registry, which is not there yet."""
    names = context.names
    docker_hub = settings.container_registry is ContainerRegistry.DOCKERHUB
    server = None if docker_hub else f"{names.registry}.{REGISTRY_SUFFIX}"
    login = RegistryLogin("user", SecretStr("password"), SLOTS[0] if server else None)
    registry = RegistryAccess(server, f"{names.registry_project}/binder-", login, login)
    return render_binderhub_values(settings, names, registry).merged()
