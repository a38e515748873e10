"""The command `upgrade`: shows the difference, asks, upgrades."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deployer.command_line.terminal import (
    helm_program,
    is_for_people,
    print_json,
    run_to_end,
    screen,
    sinks_for,
)
from deployer.errors import PreflightError, Problem, SettingsError
from deployer.options import (
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
    config_file,
    typed_settings,
)
from deployer.settings import Action
from deployer.settings.loading import load_over, load_settings

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
    typed = typed_settings(name, resource_group, None, subscription, setting)
    versions = {"binderhub_version": chart_version, "aks_kubernetes_version": kubernetes_version}
    typed |= {key: value for key, value in versions.items() if value is not None}
    file = config_file(config)
    given = load_settings(typed, file)
    own_values = {} if values is None else {"helm_values": _read(values)}

    def load(last: Mapping[str, Any]) -> Settings:
        return load_over({**last, **own_values}, given).settings.model_copy(update={"action": Action.UPGRADE})

    from deployer.commands.runner import RunOptions

    options = RunOptions(helm_program(download=download), outputs, wait_for_lock=wait)
    wanted = _prepared(given.settings, options, load)
    if output is Output.TEXT:
        _show(wanted, given.settings.binderhub_name)
    if not wanted.differences:
        if output is Output.JSON:
            print_json(_for_machines(wanted, None))
        return
    if not yes:
        _ask(output)
    done = _run(wanted, options, output, ())
    if output is Output.JSON:
        print_json(_for_machines(wanted, done))
    elif is_for_people(output):
        from deployer import console

        screen().print(console.deployed_for_people(done))


def upgrade_from_container(given: LoadedSettings, options: RunOptions) -> None:
    """Upgrade the hub of a click: the answers that are no defaults of the form are laid over."""

    def load(last: Mapping[str, Any]) -> Settings:
        return load_over(last, given).settings

    wanted = _prepared(given.settings, options, load)
    changes = [f"this upgrade changes: {line}" for line in wanted.differences.lines()]
    _run(wanted, options, Output.TEXT, changes or ["this upgrade finds nothing to change"])


def _prepared(
    settings: Settings, options: RunOptions, load: Callable[[Mapping[str, Any]], Settings]
) -> Upgrade:
    from deployer.commands.upgrade import prepare_upgrade

    return run_to_end(prepare_upgrade(settings, options, load))


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
    if output is Output.JSON or not sys.stdin.isatty():
        raise PreflightError(
            "Nothing was upgraded: nobody was asked.",
            suggestion="Start in a terminal and answer when asked, or give --yes.",
        )
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
        },
        "binder_url": done.names.binder_url if done else None,
        "hub_url": done.names.hub_url if done else None,
        "notes": list(done.notes) if done else [],
        "outputs": done.outputs if done else None,
    }
