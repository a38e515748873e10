"""The command `upgrade`: shows the difference, asks, upgrades."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployer.command_line.options import (
    OUTPUTS_DIRECTORY,
    ConfigOption,
    DirectoryOption,
    DownloadOption,
    GroupOption,
    NameOption,
    Output,
    OutputOption,
    SetOption,
    SubscriptionOption,
    WaitOption,
    YesOption,
    given_settings,
)
from deployer.command_line.terminal import (
    is_for_people,
    late_progress,
    print_json,
    require_somebody_to_ask,
    run_options,
    run_to_end,
    screen,
    sinks_for,
)
from deployer.errors import PreflightError, Problem, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deployer.commands.runner import Finished, RunOptions
    from deployer.commands.upgrade import Upgrade
    from deployer.settings import LoadedSettings, Settings

ValuesOption = Annotated[
    Path | None,
    typer.Option("--values", help="A file with values of the BinderHub chart, in place of HELM_VALUES."),
]
ChartVersionOption = Annotated[
    str | None, typer.Option("--chart-version", help="Version of the BinderHub chart (BINDERHUB_VERSION).")
]
KubernetesOption = Annotated[
    str | None,
    typer.Option("--kubernetes-version", help="Version of Kubernetes (AKS_KUBERNETES_VERSION)."),
]


def upgrade(  # noqa: PLR0913 - each is an option that people type
    *,
    config: ConfigOption = None,
    name: NameOption = None,
    resource_group: GroupOption = None,
    subscription: SubscriptionOption = None,
    setting: SetOption = None,
    output: OutputOption = Output.TEXT,
    outputs: DirectoryOption = OUTPUTS_DIRECTORY,
    download: DownloadOption = False,
    wait: WaitOption = False,
    yes: YesOption = False,
    values: ValuesOption = None,
    chart_version: ChartVersionOption = None,
    kubernetes_version: KubernetesOption = None,
) -> None:
    """Upgrade the hub: the settings of the last deployment, with what is given now laid over them."""
    given = given_settings(
        config,
        setting,
        name=name,
        resource_group=resource_group,
        subscription=subscription,
        binderhub_version=chart_version,
        aks_kubernetes_version=kubernetes_version,
    )
    from deployer.settings import Action
    from deployer.settings.loading import load_over

    own_values = {} if values is None else {"helm_values": _read(values)}

    def load(last: Mapping[str, Any]) -> Settings:
        return load_over({**last, **own_values}, given).settings.model_copy(update={"action": Action.UPGRADE})

    options = run_options(outputs, download=download, wait=wait)
    wanted = _prepared(given.settings, options, load)
    if output is Output.TEXT:
        _show(wanted, given.settings.binderhub_name)
    if wanted.differences and not yes:
        _ask(output)
    done = _run(wanted, options, output, ()) if wanted.differences else None
    _show_upgraded(wanted, done, output)


def upgrade_from_container(given: LoadedSettings, options: RunOptions) -> None:
    """Upgrade the hub of a click: the answers that are no defaults of the form are laid over."""
    from deployer.settings.loading import load_over

    def load(last: Mapping[str, Any]) -> Settings:
        return load_over(last, given).settings

    wanted = _prepared(given.settings, options, load)
    changes = [f"this upgrade changes: {line}" for line in wanted.differences.lines()]
    _run(wanted, options, Output.TEXT, changes or ["this upgrade finds nothing to change"])


def _prepared(
    settings: Settings, options: RunOptions, load: Callable[[Mapping[str, Any]], Settings]
) -> Upgrade:
    from deployer.commands.upgrade import prepare_upgrade

    return run_to_end(prepare_upgrade(settings, options, load, late_progress()))


def _run(wanted: Upgrade, options: RunOptions, output: Output, warnings: Any) -> Finished:
    from deployer.commands.upgrade import upgrade as run_upgrade
    from deployer.plan import build_plan

    sinks = sinks_for(build_plan(wanted.settings).step_names, output)
    return run_to_end(run_upgrade(wanted, warnings, sinks, options))


def _ask(output: Output) -> None:
    """Ask whether to upgrade.

    Raises:
        PreflightError: nobody can be asked, or the answer was no.

    """
    require_somebody_to_ask(output, "upgraded", "answer when asked")
    if not typer.confirm("Upgrade the hub?"):
        raise PreflightError("Nothing was upgraded.")


def _read(values: Path) -> str:
    try:
        return values.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem("--values", str(values), f"cannot be read: {error}.", "Name a file in YAML.")
        raise SettingsError([problem]) from None


def _show(wanted: Upgrade, hub: str) -> None:
    from deployer import console

    screen().print(console.differences_for_people(wanted.differences, hub))


def _show_upgraded(wanted: Upgrade, done: Finished | None, output: Output) -> None:
    if output is Output.JSON:
        print_json(_for_machines(wanted, done))
    elif done is not None and is_for_people(output):
        from deployer import console

        screen().print(console.deployed_for_people(done))


def _for_machines(wanted: Upgrade, done: Finished | None) -> dict[str, Any]:
    differences = wanted.differences
    return {
        "hub": wanted.settings.binderhub_name,
        "changed": done is not None,
        "differences": {
            "settings": list(differences.settings),
            "charts": list(differences.charts),
            "values": list(differences.values),
            "secret_values": differences.secrets,
            "cluster": list(differences.kubernetes),
            "images": list(differences.images),
        },
        "binder_url": done.names.binder_url if done else None,
        "hub_url": done.names.hub_url if done else None,
        "notes": list(done.notes) if done else [],
        "outputs": done.outputs if done else None,
    }
