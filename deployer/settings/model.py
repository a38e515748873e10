"""Defines all settings in one model: typed, validated and immutable.

A field is the environment variable in lower case; `Aliases` has its other names. The model reads no source
itself: `deployer.settings.loading` does, because a message about an invalid value uses its name in that
source.
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from deployer import cloud
from deployer.settings.aliases import NOT_IN_THE_FORM, Aliases
from deployer.settings.capacity import Session, sessions_that_fit
from deployer.settings.types.addresses import AddressRanges
from deployer.settings.types.azure import (
    Cloud,
    Guid,
    HubName,
    KubernetesVersion,
    Region,
    RegistryName,
    ResourceGroup,
    ResourceGroupAnywhere,
    StorageAccount,
    Subscription,
    Tenant,
    VmSize,
)
from deployer.settings.types.choices import (
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
from deployer.settings.types.digests import ChartDigests
from deployer.settings.types.lists import HelmValues, Organisations, Origins, People, RepositoryPatterns
from deployer.settings.types.numbers import (
    Bandwidth,
    Boolean,
    BooleanOrAuto,
    BuildCpus,
    BuildMemory,
    Cpus,
    Duration,
    LeastNodeCount,
    Memory,
    NodeCount,
    Quota,
    RetentionDays,
)
from deployer.settings.types.ports import EgressPorts
from deployer.settings.types.stop_schedule import StopSchedule
from deployer.settings.types.tags import Tags
from deployer.settings.types.text import (
    ChartRepository,
    DockerNamespace,
    DomainName,
    EmailAddress,
    GitHubRepository,
    ImagePrefix,
    Secret,
    Text,
)
from deployer.settings.types.time_zones import TimeZone
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
# Who deploys, where outputs go and what a run does: no part of the hub, whose settings outlive the run.
OF_ONE_RUN = frozenset(
    {
        "binderhub_name",
        "resource_group_name",
        "azure_subscription",
        "azure_client_id",
        "sp_app_id",
        "sp_app_key",
        "sp_tenant_id",
        "container_group_name",
        "storage_account_name",
        "maximum_duration",
        "action",
        "confirm",
        "exit_zero_when_handled",
    }
)
# In place of the two fields without a default, where the others are looked at without a hub.
PLACEHOLDERS = {"binderhub_name": "placeholder", "resource_group_name": "placeholder"}
DERIVED_WHEN_ZERO = frozenset({"aks_node_count_max", "total_quota", "per_repository_quota"})
PER_REPOSITORY_QUOTA, PER_USER_QUOTA = 50, 3


def _total_quota(data: dict[str, Any]) -> int:
    """Return as many sessions as the largest cluster holds; `rules` refuses one that holds none."""
    session = Session.of(data["user_memory_limit"], data["user_cpu_limit"])
    return max(sessions_that_fit(data["aks_node_vm_size"], data["aks_node_count_max"], session), 1)


class Settings(BaseModel):
    """The settings of a hub, and of the identity that deploys it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # The hub
    binderhub_name: Annotated[HubName, Aliases("binderhub.name", parameter="binderHubName", option="--name")]
    binderhub_version: Annotated[
        BinderHubVersion, Aliases("binderhub.version", parameter="binderHubVersion")
    ] = BINDERHUB_VERSION
    binderhub_chart_repository: Annotated[
        ChartRepository, Aliases("binderhub.chart_repository", parameter=NOT_IN_THE_FORM)
    ] = CHART_REPOSITORY
    chart_digests: Annotated[ChartDigests, Aliases("binderhub.chart_digests", parameter=NOT_IN_THE_FORM)] = (
        Field(default_factory=dict)
    )

    # Subscription, group, region and identity
    azure_subscription: Annotated[
        Subscription | None, Aliases("azure.subscription", parameter=NOT_IN_THE_FORM, option="--subscription")
    ] = None
    resource_group_name: Annotated[
        ResourceGroup, Aliases("azure.res_grp_name", parameter=NOT_IN_THE_FORM, option="--resource-group")
    ]
    resource_group_location: Annotated[
        Region | None, Aliases("azure.location", parameter="location", option="--location")
    ] = None
    azure_cloud: Annotated[Cloud, Aliases("azure.cloud", parameter=NOT_IN_THE_FORM)] = cloud.NAME
    azure_client_id: Annotated[Guid | None, Aliases(parameter=NOT_IN_THE_FORM)] = None
    sp_app_id: Annotated[Guid | None, Aliases("azure.sp_app_id", parameter="servicePrincipalAppId")] = None
    sp_app_key: Annotated[
        Secret | None, Aliases("azure.sp_app_key", parameter="servicePrincipalAppKey", secret=True)
    ] = None
    sp_tenant_id: Annotated[
        Tenant | None, Aliases("azure.sp_tenant_id", parameter="servicePrincipalTenantId")
    ] = None

    # The cluster
    aks_node_vm_size: Annotated[VmSize, Aliases("azure.vm_size")] = NODE_VM_SIZE
    aks_node_count: Annotated[LeastNodeCount, Aliases("azure.node_count")] = 1
    aks_node_count_max: Annotated[NodeCount, Aliases("azure.node_count_max")] = Field(
        default_factory=lambda data: max(LARGEST_NODE_COUNT, data["aks_node_count"])
    )
    aks_system_node_vm_size: Annotated[VmSize, Aliases("azure.system_vm_size")] = Field(
        default_factory=lambda data: data["aks_node_vm_size"]
    )
    aks_kubernetes_version: Annotated[KubernetesVersion | None, Aliases("azure.kubernetes_version")] = None
    api_server_authorized_ranges: Annotated[AddressRanges, Aliases("azure.api_server_authorized_ranges")] = ()
    aks_tier: Annotated[AksTierChoice, Aliases("azure.tier")] = AksTier.FREE
    time_zone: Annotated[TimeZone, Aliases("schedule.time_zone")] = "UTC"
    stop_schedule: Annotated[StopSchedule | None, Aliases("schedule.stop_schedule")] = None

    # Registry
    container_registry: Annotated[ContainerRegistryChoice, Aliases("container_registry")] = (
        ContainerRegistry.AZURECR
    )
    registry_name: Annotated[RegistryName | None, Aliases("acr.registry_name")] = None
    registry_sku: Annotated[RegistrySkuChoice, Aliases("acr.sku")] = RegistrySku.BASIC
    image_retention_days: Annotated[RetentionDays, Aliases("acr.image_retention_days")] = 0
    dockerhub_username: Annotated[
        DockerNamespace | None,
        Aliases("docker.username", "docker.id", "docker.docker_id", variables=("DOCKER_USERNAME",)),
    ] = None
    dockerhub_password: Annotated[
        Secret | None, Aliases("docker.password", variables=("DOCKER_PASSWORD",), secret=True)
    ] = None
    dockerhub_organisation: Annotated[
        DockerNamespace | None, Aliases("docker.org", "docker.docker_org", variables=("DOCKER_ORGANISATION",))
    ] = None
    docker_image_prefix: Annotated[
        ImagePrefix, Aliases("binderhub.image_prefix", "docker.image_prefix", parameter="imagePrefix")
    ] = "binder-"

    # Host names and certificates
    enable_https: Annotated[BooleanOrAuto, Aliases("enable_https")] = None
    contact_email: Annotated[
        EmailAddress | None,
        Aliases("https.contact_email", "binderhub.contact_email", "cert_manager.contact_email"),
    ] = None
    domain_name: Annotated[DomainName | None, Aliases("https.domain_name", "cert_manager.domain_name")] = None
    dns_zone_resource_group: Annotated[
        ResourceGroupAnywhere | None, Aliases("https.dns_zone_resource_group")
    ] = None
    certificate_authority: Annotated[CertificateAuthorityChoice, Aliases("https.certificate_authority")] = (
        CertificateAuthority.AUTO
    )
    certmanager_version: Annotated[
        CertManagerVersion,
        Aliases("https.certmanager_version", "cert_manager.version", parameter=NOT_IN_THE_FORM),
    ] = CERTMANAGER_VERSION
    traefik_version: Annotated[
        TraefikVersion, Aliases("https.traefik_version", parameter=NOT_IN_THE_FORM)
    ] = TRAEFIK_VERSION

    # Sign-in
    authentication: Annotated[AuthenticationChoice, Aliases("auth.authentication")] = Authentication.NONE
    oauth_client_id: Annotated[Text | None, Aliases("auth.oauth_client_id")] = None
    oauth_client_secret: Annotated[Secret | None, Aliases("auth.oauth_client_secret", secret=True)] = None
    oauth_tenant_id: Annotated[Tenant | None, Aliases("auth.oauth_tenant_id")] = None
    allowed_users: Annotated[People, Aliases("auth.allowed_users")] = ()
    allowed_organisations: Annotated[Organisations, Aliases("auth.allowed_organisations")] = ()
    admin_users: Annotated[People, Aliases("auth.admin_users")] = ()

    # Limits
    user_memory_limit: Annotated[Memory, Aliases("limits.user_memory_limit")] = "2G"
    user_cpu_limit: Annotated[Cpus, Aliases("limits.user_cpu_limit")] = 1.0
    total_quota: Annotated[Quota, Aliases("limits.total_quota")] = Field(default_factory=_total_quota)
    per_repository_quota: Annotated[Quota, Aliases("limits.per_repository_quota")] = Field(
        default_factory=lambda data: min(PER_REPOSITORY_QUOTA, data["total_quota"])
    )
    per_user_quota: Annotated[Quota, Aliases("limits.per_user_quota")] = PER_USER_QUOTA
    image_builder: Annotated[ImageBuilderChoice, Aliases("limits.image_builder")] = ImageBuilder.DIND
    idle_timeout: Annotated[Duration, Aliases("limits.idle_timeout")] = 600
    maximum_age: Annotated[Duration, Aliases("limits.maximum_age")] = 6 * 3600

    # Builds, and the network of sessions and builds
    build_cpu_limit: Annotated[BuildCpus, Aliases("limits.build_cpu_limit")] = 2.0
    build_memory_limit: Annotated[BuildMemory, Aliases("limits.build_memory_limit")] = "4G"
    build_disk_limit: Annotated[BuildMemory, Aliases("limits.build_disk_limit")] = "5G"
    build_time_limit: Annotated[Duration, Aliases("limits.build_time_limit")] = 2 * 3600
    user_bandwidth_limit: Annotated[Bandwidth, Aliases("limits.user_bandwidth_limit")] = "50M"
    egress_ports: Annotated[EgressPorts, Aliases("limits.egress_ports")] = ()

    # Repositories and origins
    github_access_token: Annotated[
        Secret | None, Aliases("repositories.github_access_token", secret=True)
    ] = None
    private_repositories: Annotated[Boolean, Aliases("repositories.private_repositories")] = False
    allowed_repositories: Annotated[RepositoryPatterns, Aliases("repositories.allowed_repositories")] = ()
    allowed_origins: Annotated[Origins, Aliases("repositories.allowed_origins")] = ()

    # Others
    helm_values: Annotated[HelmValues | None, Aliases("helm_values", secret=True)] = None
    config_repository: Annotated[GitHubRepository | None, Aliases("binderhub.config_repository")] = None
    tags: Annotated[Tags, Aliases("azure.tags")] = Field(default_factory=dict)
    container_group_name: Annotated[Text | None, Aliases(parameter=NOT_IN_THE_FORM)] = None
    storage_account_name: Annotated[
        StorageAccount | None, Aliases("azure.storage_account", parameter=NOT_IN_THE_FORM)
    ] = None
    maximum_duration: Annotated[Duration, Aliases(parameter=NOT_IN_THE_FORM)] = 3600
    action: Annotated[ActionChoice, Aliases()] = Action.DEPLOY
    confirm: Annotated[HubName | None, Aliases()] = None
    exit_zero_when_handled: Annotated[Boolean, Aliases(parameter=NOT_IN_THE_FORM)] = False

    @model_validator(mode="before")
    @classmethod
    def _derive_zeros(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Leave out zeros that stand for a derived value: the portal's form shows no computed defaults."""
        return {
            name: value
            for name, value in values.items()
            if name not in DERIVED_WHEN_ZERO or str(value).strip() != "0"
        }

    @property
    def https(self) -> bool:
        """Whether the hub is served over HTTPS: as set, else if there is an e-mail address."""
        return self.contact_email is not None if self.enable_https is None else self.enable_https

    @property
    def region(self) -> str:
        """The region; see `resolved`.

        Raises:
            ValueError: it is not known yet.

        """
        if self.resource_group_location is None:
            raise ValueError("RESOURCE_GROUP_LOCATION is not known yet")
        return self.resource_group_location

    def resolved(self, *, subscription_id: str, location: str) -> Self:
        """Return these settings with the id of the subscription and the region, as found in Azure."""
        return self.model_copy(
            update={"azure_subscription": subscription_id, "resource_group_location": location}
        )

    def chosen(self) -> dict[str, Any]:
        """Return the settings of the hub that were chosen, secrets included, as JSON has them.

        Left out is what says who deploys, where outputs go and what a run does: it belongs to each run.
        """
        values = self.model_dump(mode="json")
        return {
            name: _revealed(getattr(self, name), values[name])
            for name in type(self).model_fields
            if name not in OF_ONE_RUN and self.is_chosen(name)
        }

    def is_chosen(self, name: str) -> bool:
        """Return whether somebody chose the value of a setting.

        A form gives every field its default, which is no choice, but leaves empty what follows from others.
        """
        return name in self.model_fields_set if name in DERIVED else getattr(self, name) != self.default(name)

    def default(self, name: str) -> Any:
        """Return the value that a setting has beside the others where it is not given."""
        field = type(self).model_fields[name]
        return field.get_default(call_default_factory=True, validated_data=dict(self))

    def public(self) -> dict[str, Any]:
        """Return every setting that has a value, with secrets as `***`."""
        values = self.model_dump(mode="json", exclude_none=True)
        return {name: "***" if ALIASES[name].secret else value for name, value in values.items()}


def _revealed(value: Any, dumped: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else dumped


def _aliases(name: str) -> Aliases:
    return next(item for item in Settings.model_fields[name].metadata if isinstance(item, Aliases))


DERIVED: frozenset[str] = frozenset(
    name for name, field in Settings.model_fields.items() if field.default_factory_takes_validated_data
)
"""Fields whose defaults follow from other fields."""

ALIASES: dict[str, Aliases] = {name: _aliases(name) for name in Settings.model_fields}
"""The other names of each field."""

SECRETS: frozenset[str] = frozenset(name for name, aliases in ALIASES.items() if aliases.secret)
"""Fields whose value is never shown."""
