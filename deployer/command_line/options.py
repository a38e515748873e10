"""The options of the commands, and what people wrote with them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deployer.errors import Problem, SettingsError
from deployer.helm.binary import HELM_VERSION

if TYPE_CHECKING:
    from deployer.settings import LoadedSettings

CONFIG_FILE = Path("config.json")
OUTPUTS_DIRECTORY = Path("outputs")


class Output(StrEnum):
    """The format of the result of a command."""

    TEXT = "text"
    JSON = "json"


ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="A file with settings; by default config.json in this directory, if there is one.",
    ),
]
NameOption = Annotated[str | None, typer.Option("--name", help="Name of the hub (BINDERHUB_NAME).")]
GroupOption = Annotated[
    str | None, typer.Option("--resource-group", "-g", help="Resource group (RESOURCE_GROUP_NAME).")
]
LocationOption = Annotated[
    str | None, typer.Option("--location", "-l", help="Azure region (RESOURCE_GROUP_LOCATION).")
]
SubscriptionOption = Annotated[
    str | None, typer.Option("--subscription", help="Subscription, by id or name (AZURE_SUBSCRIPTION).")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Any other setting, as NAME=VALUE. Do not use it for secrets."),
]
OutputOption = Annotated[Output, typer.Option("--output", "-o", help="Format of the result.")]
DirectoryOption = Annotated[
    Path, typer.Option("--outputs", help="Directory for outputs if no storage account is set.")
]
DownloadOption = Annotated[
    bool,
    typer.Option(
        "--download-helm", help=f"Download helm {HELM_VERSION} without asking if it is not installed."
    ),
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="If another deployment of this hub is running, wait until it ends.")
]

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def config_file() -> Path | None:
    """Return the file with settings in this directory, None if there is none."""
    return CONFIG_FILE if CONFIG_FILE.is_file() else None


def given_settings(  # noqa: PLR0913 - each is an option that people type
    config: Path | None,
    setting: list[str] | None,
    *,
    name: str | None,
    resource_group: str | None,
    subscription: str | None,
    location: str | None = None,
    **more: str | None,
) -> LoadedSettings:
    """Return the settings that a command was given: by its options, the environment and a file.

    Args:
        config: a file with settings; None for that in this directory, if there is one.
        setting: further settings, each as NAME=VALUE.
        name: of the hub.
        resource_group: its name.
        subscription: by id or name.
        location: Azure region.
        more: further options by setting, which win over NAME=VALUE; None for one that was not given.

    Raises:
        SettingsError: all problems of the settings together.

    """
    from deployer.settings import load_settings

    typed = {
        "binderhub_name": name,
        "resource_group_name": resource_group,
        "resource_group_location": location,
        "azure_subscription": subscription,
        **dict(map(_name_and_value, setting or [])),
    }
    typed |= {field: value for field, value in more.items() if value is not None}
    return load_settings(typed, config or config_file())


def _name_and_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError([Problem("--set", text, "is not NAME=VALUE.", "Write --set AKS_NODE_COUNT=2.")])
    return name.strip().lower(), value
