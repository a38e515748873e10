"""The settings of a hub: model, sources and rules."""

from deployer.settings.loading import LoadedSettings, action, exit_zero_when_handled, load_settings
from deployer.settings.model import Settings
from deployer.settings.types.choices import (
    Action,
    AksTier,
    Authentication,
    CertificateAuthority,
    ContainerRegistry,
    ImageBuilder,
    RegistrySku,
)

__all__ = [
    "Action",
    "AksTier",
    "Authentication",
    "CertificateAuthority",
    "ContainerRegistry",
    "ImageBuilder",
    "LoadedSettings",
    "RegistrySku",
    "Settings",
    "action",
    "exit_zero_when_handled",
    "load_settings",
]
