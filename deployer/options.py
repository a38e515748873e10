"""The options of the commands, and what people wrote with them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from deployer.errors import Problem, SettingsError
from deployer.helm.binary import HELM_VERSION

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


def config_file(given: Path | None) -> Path | None:
    """Return the file with settings, None if none is given and there is none in this directory."""
    return given or (CONFIG_FILE if CONFIG_FILE.is_file() else None)


def typed_settings(
    name: str | None,
    resource_group: str | None,
    location: str | None,
    subscription: str | None,
    settings: list[str] | None,
) -> dict[str, str]:
    """Return the options that were given, by setting."""
    typed = {
        "binderhub_name": name,
        "resource_group_name": resource_group,
        "resource_group_location": location,
        "azure_subscription": subscription,
        **dict(map(_name_and_value, settings or [])),
    }
    return {key: value for key, value in typed.items() if value is not None}


def _name_and_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SettingsError([Problem("--set", text, "is not NAME=VALUE.", "Write --set AKS_NODE_COUNT=2.")])
    return name.strip().lower(), value
