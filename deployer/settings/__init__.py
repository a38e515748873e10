"""All settings of a hub: one model, its sources and its rules."""

from deployer.settings.choices import (
    Action,
    AksTier,
    Authentication,
    CertificateAuthority,
    ContainerRegistry,
    ImageBuilder,
    RegistrySku,
)
from deployer.settings.loading import LoadedSettings, action, exit_zero_when_handled, load_settings
from deployer.settings.model import Settings

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
