"""The one model of all settings: what the rest of the deployer reads, typed, checked and unchanging.

A field is the environment variable in lower case. `Terms` says what it is called elsewhere. The model takes
only what it is given; `deployer.settings.loading` asks the sources, since a wrong value is told in the terms
of the source it came from.
"""

from typing import Annotated, Any, Self

from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from deployer.settings.azure_kinds import (
    Guid,
    HubName,
    KubernetesVersion,
    Region,
    RegistryName,
    ResourceGroup,
    StorageAccount,
    Subscription,
    Tenant,
    VmSize,
)
from deployer.settings.choices import (
    Action,
    ActionChoice,
    AksTier,
    AksTierChoice,
    Authentication,
    AuthenticationChoice,
    CertificateAuthority,
    CertificateAuthorityChoice,
    ContainerRegistry,
    ContainerRegistryChoice,
    ImageBuilder,
    ImageBuilderChoice,
    RegistrySku,
    RegistrySkuChoice,
)
from deployer.settings.list_kinds import HelmValues, Organisations, Origins, People, RepositoryPatterns, Tags
from deployer.settings.number_kinds import Boolean, Cpus, Duration, Memory, NodeCount, Quota
from deployer.settings.terms import NOT_IN_THE_FORM, Terms
from deployer.settings.text_kinds import (
    ChartRepository,
    DockerNamespace,
    DomainName,
    EmailAddress,
    GitHubRepository,
    ImagePrefix,
    Secret,
    Text,
)
from deployer.settings.versions import (
    BINDERHUB_VERSION,
    CERTMANAGER_VERSION,
    TRAEFIK_VERSION,
    BinderHubVersion,
    CertManagerVersion,
    TraefikVersion,
)

CHART_REPOSITORY = "https://hub.jupyter.org/helm-chart"
NODE_VM_SIZE = "Standard_D2s_v5"
LARGEST_NODE_COUNT = 3
TOTAL_QUOTA, PER_REPOSITORY_QUOTA = 100, 50


class Settings(BaseSettings):
    """What a hub shall be, and in whose name it is made."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, enable_decoding=False, validate_default=False
    )

    # The hub
    binderhub_name: Annotated[HubName, Terms("binderhub.name", parameter="binderHubName", option="--name")]
    binderhub_version: Annotated[
        BinderHubVersion, Terms("binderhub.version", parameter="binderHubVersion")
    ] = BINDERHUB_VERSION
    binderhub_chart_repository: Annotated[
        ChartRepository, Terms("binderhub.chart_repository", parameter=NOT_IN_THE_FORM)
    ] = CHART_REPOSITORY

    # Where, and in whose name
    azure_subscription: Annotated[
        Subscription | None, Terms("azure.subscription", parameter=NOT_IN_THE_FORM, option="--subscription")
    ] = None
    resource_group_name: Annotated[
        ResourceGroup, Terms("azure.res_grp_name", parameter=NOT_IN_THE_FORM, option="--resource-group")
    ]
    resource_group_location: Annotated[
        Region | None, Terms("azure.location", parameter="location", option="--location")
    ] = None
    azure_client_id: Annotated[Guid | None, Terms(parameter=NOT_IN_THE_FORM)] = None
    sp_app_id: Annotated[Guid | None, Terms("azure.sp_app_id", parameter="servicePrincipalAppId")] = None
    sp_app_key: Annotated[
        Secret | None, Terms("azure.sp_app_key", parameter="servicePrincipalAppKey", secret=True)
    ] = None
    sp_tenant_id: Annotated[
        Tenant | None, Terms("azure.sp_tenant_id", parameter="servicePrincipalTenantId")
    ] = None

    # The cluster
    aks_node_vm_size: Annotated[VmSize, Terms("azure.vm_size")] = NODE_VM_SIZE
    aks_node_count: Annotated[NodeCount, Terms("azure.node_count")] = 1
    aks_node_count_max: Annotated[NodeCount, Terms("azure.node_count_max")] = Field(
        default_factory=lambda data: max(LARGEST_NODE_COUNT, data["aks_node_count"])
    )
    aks_system_node_vm_size: Annotated[VmSize, Terms("azure.system_vm_size")] = Field(
        default_factory=lambda data: data["aks_node_vm_size"]
    )
    aks_kubernetes_version: Annotated[KubernetesVersion | None, Terms("azure.kubernetes_version")] = None
    aks_tier: Annotated[AksTierChoice, Terms("azure.tier")] = AksTier.FREE

    # Where images go
    container_registry: Annotated[ContainerRegistryChoice, Terms("container_registry")] = (
        ContainerRegistry.AZURECR
    )
    registry_name: Annotated[RegistryName | None, Terms("acr.registry_name")] = None
    registry_sku: Annotated[RegistrySkuChoice, Terms("acr.sku")] = RegistrySku.BASIC
    dockerhub_username: Annotated[DockerNamespace | None, Terms("docker.username")] = None
    dockerhub_password: Annotated[Secret | None, Terms("docker.password", secret=True)] = None
    dockerhub_organisation: Annotated[DockerNamespace | None, Terms("docker.org")] = None
    docker_image_prefix: Annotated[
        ImagePrefix, Terms("binderhub.image_prefix", "docker.image_prefix", parameter="imagePrefix")
    ] = "binder-"

    # Host names and certificates
    enable_https: Annotated[Boolean | None, Terms("enable_https")] = None
    contact_email: Annotated[
        EmailAddress | None,
        Terms("https.contact_email", "binderhub.contact_email", "cert_manager.contact_email"),
    ] = None
    domain_name: Annotated[DomainName | None, Terms("https.domain_name", "cert_manager.domain_name")] = None
    dns_zone_resource_group: Annotated[ResourceGroup | None, Terms("https.dns_zone_resource_group")] = None
    certificate_authority: Annotated[CertificateAuthorityChoice, Terms("https.certificate_authority")] = (
        CertificateAuthority.AUTO
    )
    certmanager_version: Annotated[
        CertManagerVersion,
        Terms("https.certmanager_version", "cert_manager.version", parameter=NOT_IN_THE_FORM),
    ] = CERTMANAGER_VERSION
    traefik_version: Annotated[TraefikVersion, Terms("https.traefik_version", parameter=NOT_IN_THE_FORM)] = (
        TRAEFIK_VERSION
    )

    # Who may use it
    authentication: Annotated[AuthenticationChoice, Terms("auth.authentication")] = Authentication.NONE
    oauth_client_id: Annotated[Text | None, Terms("auth.oauth_client_id")] = None
    oauth_client_secret: Annotated[Secret | None, Terms("auth.oauth_client_secret", secret=True)] = None
    oauth_tenant_id: Annotated[Tenant | None, Terms("auth.oauth_tenant_id")] = None
    allowed_users: Annotated[People, Terms("auth.allowed_users")] = ()
    allowed_organisations: Annotated[Organisations, Terms("auth.allowed_organisations")] = ()
    admin_users: Annotated[People, Terms("auth.admin_users")] = ()

    # How much of it
    user_memory_limit: Annotated[Memory, Terms("limits.user_memory_limit")] = "2G"
    user_cpu_limit: Annotated[Cpus, Terms("limits.user_cpu_limit")] = 1.0
    total_quota: Annotated[Quota, Terms("limits.total_quota")] = TOTAL_QUOTA
    per_repository_quota: Annotated[Quota, Terms("limits.per_repository_quota")] = Field(
        default_factory=lambda data: min(PER_REPOSITORY_QUOTA, data["total_quota"])
    )
    image_builder: Annotated[ImageBuilderChoice, Terms("limits.image_builder")] = ImageBuilder.DIND
    idle_timeout: Annotated[Duration, Terms("limits.idle_timeout")] = 600
    maximum_age: Annotated[Duration, Terms("limits.maximum_age")] = 6 * 3600

    # What may be built, and from where launched
    github_access_token: Annotated[Secret | None, Terms("repositories.github_access_token", secret=True)] = (
        None
    )
    allowed_repositories: Annotated[RepositoryPatterns, Terms("repositories.allowed_repositories")] = ()
    allowed_origins: Annotated[Origins, Terms("repositories.allowed_origins")] = ()

    # The rest
    helm_values: Annotated[HelmValues | None, Terms("helm_values", secret=True)] = None
    config_repository: Annotated[GitHubRepository | None, Terms("binderhub.config_repository")] = None
    tags: Annotated[Tags, Terms("azure.tags")] = Field(default_factory=dict)
    storage_account_name: Annotated[
        StorageAccount | None, Terms("azure.storage_account", parameter=NOT_IN_THE_FORM)
    ] = None
    action: Annotated[ActionChoice, Terms()] = Action.DEPLOY
    exit_zero_when_handled: Annotated[Boolean, Terms(parameter=NOT_IN_THE_FORM)] = False

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the given values only."""
        return (init_settings,)

    @property
    def https(self) -> bool:
        """Whether the hub is served over HTTPS: as asked for, else exactly when there is an e-mail."""
        return self.contact_email is not None if self.enable_https is None else self.enable_https

    @property
    def region(self) -> str:
        """The region, once it is known; see `resolved`."""
        if self.resource_group_location is None:
            raise ValueError("RESOURCE_GROUP_LOCATION is not known yet")
        return self.resource_group_location

    def resolved(self, *, subscription_id: str, location: str) -> Self:
        """Return these settings with what Azure was asked for: subscription's id and group's region."""
        return self.model_copy(
            update={"azure_subscription": subscription_id, "resource_group_location": location}
        )

    def public(self) -> dict[str, Any]:
        """Return what may stand in a record: every setting that has a value, secrets as `***`."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {name: "***" if TERMS[name].secret else value for name, value in values.items()}


def _terms(name: str) -> Terms:
    return next(item for item in Settings.model_fields[name].metadata if isinstance(item, Terms))


TERMS: dict[str, Terms] = {name: _terms(name) for name in Settings.model_fields}
"""What each field is called where people write it."""

SECRETS: frozenset[str] = frozenset(name for name, terms in TERMS.items() if terms.secret)
"""Fields whose value is never shown."""
