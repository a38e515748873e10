"""One value for every setting, as an environment writes it and as it is read."""

from __future__ import annotations

from pydantic import SecretStr

from deployer.settings import (
    Action,
    AksTier,
    Authentication,
    CertificateAuthority,
    ContainerRegistry,
    ImageBuilder,
    RegistrySku,
)

ID = "0a1b2c3d-0000-4000-8000-00000000000a"

EXAMPLES: dict[str, tuple[str, object]] = {
    "binderhub_name": ("Demo_Hub", "demo-hub"),
    "binderhub_version": ("1.0.0-0.dev.git.4000.habcdef12", "1.0.0-0.dev.git.4000.habcdef12"),
    "binderhub_chart_repository": ("https://charts.example.org/hub/", "https://charts.example.org/hub"),
    "azure_subscription": (f"/subscriptions/{ID.upper()}", ID),
    "resource_group_name": ("research", "research"),
    "resource_group_location": ("West Europe", "westeurope"),
    "azure_client_id": (ID, ID),
    "sp_app_id": (ID, ID),
    "sp_app_key": ("a key", SecretStr("a key")),
    "sp_tenant_id": ("contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
    "aks_node_vm_size": ("standard_d4s_v5", "Standard_D4s_v5"),
    "aks_node_count": ("2", 2),
    "aks_node_count_max": ("5", 5),
    "aks_system_node_vm_size": ("D2AS_V5", "Standard_D2as_v5"),
    "aks_kubernetes_version": ("v1.34.2", "1.34.2"),
    "aks_tier": ("standard", AksTier.STANDARD),
    "container_registry": ("DockerHub", ContainerRegistry.DOCKERHUB),
    "registry_name": ("my-registry", "myregistry"),
    "registry_sku": ("premium", RegistrySku.PREMIUM),
    "dockerhub_username": ("Somebody", "somebody"),
    "dockerhub_password": ("a password", SecretStr("a password")),
    "dockerhub_organisation": ("some-lab", "some-lab"),
    "docker_image_prefix": ("binder-dev", "binder-dev-"),
    "enable_https": ("False", False),
    "contact_email": ("admin@Example.org", "admin@example.org"),
    "domain_name": ("Hub.Example.org.", "hub.example.org"),
    "dns_zone_resource_group": ("zones", "zones"),
    "certificate_authority": ("ZeroSSL", CertificateAuthority.ZEROSSL),
    "certmanager_version": ("v1.21.0", "v1.21.0"),
    "traefik_version": ("42.0.0", "42.0.0"),
    "authentication": ("GitHub", Authentication.GITHUB),
    "oauth_client_id": ("Iv1.0123", "Iv1.0123"),
    "oauth_client_secret": ("a secret", SecretStr("a secret")),
    "oauth_tenant_id": (ID, ID),
    "allowed_users": ("Ada, grace", ("ada", "grace")),
    "allowed_organisations": ("turing lab, other", ("turing lab", "other")),
    "admin_users": ('["ada"]', ("ada",)),
    "user_memory_limit": ("4 GiB", "4G"),
    "user_cpu_limit": ("500m", 0.5),
    "total_quota": ("200", 200),
    "per_repository_quota": ("20", 20),
    "image_builder": ("PINK", ImageBuilder.PINK),
    "idle_timeout": ("20 min", 1200),
    "maximum_age": ("PT1H30M", 5400),
    "github_access_token": ("ghp_token", SecretStr("ghp_token")),
    "allowed_repositories": ("lab/*\nhttps://github.com/ada/notes.git", ("lab/*", "ada/notes")),
    "allowed_origins": ("https://Book.example.org/", ("https://book.example.org",)),
    "helm_values": ("config:\n  a: 1\n", SecretStr("config:\n  a: 1\n")),
    "config_repository": ("https://github.com/lab/our-hub", "lab/our-hub"),
    "tags": ('{"cost-centre": "42"}', {"cost-centre": "42"}),
    "storage_account_name": ("outputs01", "outputs01"),
    "action": ("Deploy", Action.DEPLOY),
    "exit_zero_when_handled": ("TRUE", True),
}
WHOLE_ENVIRONMENT = {name.upper(): written for name, (written, _) in EXAMPLES.items()}
