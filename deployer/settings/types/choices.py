"""Types of settings with a fixed set of values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator

from deployer.settings.types.text import choice


class Action(StrEnum):
    """The command that the container runs."""

    DEPLOY = "deploy"
    UPGRADE = "upgrade"
    STOP = "stop"
    START = "start"
    TEARDOWN = "teardown"


class ContainerRegistry(StrEnum):
    """The registry for images."""

    AZURECR = "azurecr"
    DOCKERHUB = "dockerhub"


class RegistrySku(StrEnum):
    """Tiers of Azure Container Registry."""

    BASIC = "Basic"
    STANDARD = "Standard"
    PREMIUM = "Premium"


class AksTier(StrEnum):
    """Tiers of a managed cluster; Premium is for long-term support, which a hub does not need."""

    FREE = "Free"
    STANDARD = "Standard"


class CertificateAuthority(StrEnum):
    """The authority that issues the certificate."""

    AUTO = "auto"
    LETSENCRYPT = "letsencrypt"
    LETSENCRYPT_STAGING = "letsencrypt-staging"
    ZEROSSL = "zerossl"


class Authentication(StrEnum):
    """The identity provider for sign-in."""

    NONE = "none"
    GITHUB = "github"
    ENTRA = "entra"


class ImageBuilder(StrEnum):
    """The image builder in the cluster."""

    DIND = "dind"
    PINK = "pink"


ActionChoice = Annotated[Action, BeforeValidator(choice(Action))]
ContainerRegistryChoice = Annotated[ContainerRegistry, BeforeValidator(choice(ContainerRegistry))]
RegistrySkuChoice = Annotated[RegistrySku, BeforeValidator(choice(RegistrySku))]
AksTierChoice = Annotated[AksTier, BeforeValidator(choice(AksTier))]
CertificateAuthorityChoice = Annotated[CertificateAuthority, BeforeValidator(choice(CertificateAuthority))]
AuthenticationChoice = Annotated[Authentication, BeforeValidator(choice(Authentication))]
ImageBuilderChoice = Annotated[ImageBuilder, BeforeValidator(choice(ImageBuilder))]
