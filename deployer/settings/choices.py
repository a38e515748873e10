"""Settings that are a choice among few: their values, by their names in the settings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from deployer.settings.text_kinds import choice


class Action(StrEnum):
    """Which command the container runs."""

    DEPLOY = "deploy"
    UPGRADE = "upgrade"
    STOP = "stop"
    START = "start"
    TEARDOWN = "teardown"


class ContainerRegistry(StrEnum):
    """Where built images go."""

    AZURECR = "azurecr"
    DOCKERHUB = "dockerhub"


class RegistrySku(StrEnum):
    """Tiers of Azure Container Registry."""

    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"


class AksTier(StrEnum):
    """Tiers of a cluster's control plane; Premium is for long-term support, which a hub has no use for."""

    FREE = "Free"
    STANDARD = "Standard"


class CertificateAuthority(StrEnum):
    """Who signs the hub's certificate."""

    AUTO = "auto"
    LETSENCRYPT = "letsencrypt"
    LETSENCRYPT_STAGING = "letsencrypt-staging"
    ZEROSSL = "zerossl"


class Authentication(StrEnum):
    """How visitors sign in."""

    NONE = "none"
    GITHUB = "github"
    ENTRA = "entra"


class ImageBuilder(StrEnum):
    """What builds images in the cluster."""

    DIND = "dind"
    PINK = "pink"


ActionChoice = Annotated[Action, BeforeValidator(choice(Action))]
ContainerRegistryChoice = Annotated[ContainerRegistry, BeforeValidator(choice(ContainerRegistry))]
RegistrySkuChoice = Annotated[RegistrySku, BeforeValidator(choice(RegistrySku))]
AksTierChoice = Annotated[AksTier, BeforeValidator(choice(AksTier))]
CertificateAuthorityChoice = Annotated[CertificateAuthority, BeforeValidator(choice(CertificateAuthority))]
AuthenticationChoice = Annotated[Authentication, BeforeValidator(choice(Authentication))]
ImageBuilderChoice = Annotated[ImageBuilder, BeforeValidator(choice(ImageBuilder))]
