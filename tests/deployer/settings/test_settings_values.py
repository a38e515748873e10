"""Each single setting: what is accepted and how it is read, and what is refused and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from deployer.errors import SettingsError
from deployer.settings import Settings, load_settings
from deployer.settings.model import ALIASES
from deployer.settings.versions import BINDERHUB_VERSION, CERTMANAGER_VERSION, TRAEFIK_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.settings import LoadedSettings

ID = "0a1b2c3d-0000-4000-8000-00000000000a"
GROUPS = f"subscriptions/{ID.upper()}/RESOURCEGROUPS"

ACCEPTED = [
    ("binderhub_name", "My.Hub", "my-hub"),
    ("binderhub_name", "My Hub.", "my-hub"),
    ("binderhub_name", "_my--hub- ", "my-hub"),
    ("binderhub_name", "a" * 59, "a" * 59),
    ("binderhub_version", "0.2.0-n1011.hb49edf6", BINDERHUB_VERSION),
    ("binderhub_version", "0.2.0-3b53fce", BINDERHUB_VERSION),
    ("binderhub_version", "1.0.0-0.dev.git.3953.h0000000", BINDERHUB_VERSION),
    ("binderhub_version", "1.0.0-0.dev", BINDERHUB_VERSION),
    ("binderhub_version", "1.0.0-0.dev.git.3954.h4e9b292", "1.0.0-0.dev.git.3954.h4e9b292"),
    ("binderhub_version", "1.0.0", "1.0.0"),
    ("binderhub_version", "1.1.0-beta.1", "1.1.0-beta.1"),
    ("certmanager_version", "v0.11.0", CERTMANAGER_VERSION),
    ("traefik_version", "37.1.0", TRAEFIK_VERSION),
    ("binderhub_chart_repository", "oci://mirror.example.org/charts", "oci://mirror.example.org/charts"),
    ("azure_subscription", ID.upper(), ID),
    ("azure_subscription", "Research Credits", "Research Credits"),
    ("resource_group_name", "My.Group_(1)/", "My.Group_(1)"),
    ("dns_zone_resource_group", "Zones/", "Zones"),
    ("dns_zone_resource_group", f"{GROUPS}/Z/", f"/subscriptions/{ID}/resourceGroups/Z"),
    ("resource_group_location", "(US) East US 2", "eastus2"),
    ("resource_group_location", "UK South", "uksouth"),
    ("sp_tenant_id", ID, ID),
    ("aks_node_vm_size", "STANDARD_NC24ADS_A100_V4", "Standard_NC24ads_A100_v4"),
    ("aks_node_vm_size", "Standard_E4-2ds_v5", "Standard_E4-2ds_v5"),
    ("aks_node_vm_size", "Standard_DC4as_cc_v5", "Standard_DC4as_cc_v5"),
    ("aks_node_vm_size", "Standard_B2s", "Standard_B2s"),
    ("aks_kubernetes_version", "1.34", "1.34"),
    ("registry_name", "MyRegistry.azurecr.io", "myregistry"),
    ("docker_image_prefix", "Binder_", "binder_"),
    ("enable_https", "off", False),
    ("enable_https", "Auto", None),
    ("aks_node_count", "0", 0),
    ("aks_node_count_max", "0", 3),
    ("total_quota", "0", 24),
    ("per_repository_quota", "0", 24),
    ("helm_values", "Y29uZmlnOgogIGE6IDEK", SecretStr('{"config": {"a": 1}}')),
    ("helm_values", "eyJjb25maWciOiB7\nImEiOiAxfX0=", SecretStr('{"config": {"a": 1}}')),
    ("user_memory_limit", "512m", "512M"),
    ("user_memory_limit", "1.5G", "1.5G"),
    ("user_memory_limit", "2Gi", "2G"),
    ("user_bandwidth_limit", "None", "none"),
    ("user_bandwidth_limit", "1.5Gbps", "1.5G"),
    ("user_bandwidth_limit", "900Kbit", "900k"),
    ("egress_ports", "22", ("22",)),
    ("egress_ports", '["22", "873"]', ("22", "873")),
    ("user_cpu_limit", "2", 2.0),
    ("idle_timeout", "1h30m", 5400),
    ("idle_timeout", "600", 600),
    ("maximum_age", "1 day 2 h", 93600),
    ("maximum_age", "P1DT2H", 93600),
    ("tags", "a=b, c = d=e", {"a": "b", "c": "d=e"}),
    ("allowed_repositories", "^lab/.*-course/.*", ("^lab/.*-course/.*",)),
    ("allowed_repositories", '["lab/*", "lab/*"]', ("lab/*",)),
    *(
        ("allowed_repositories", pasted, ("lab/Course.x",))
        for pasted in (
            "lab/Course.x",
            "lab/Course.x/",
            "lab/Course.x.git",
            "github.com/lab/Course.x",
            "https://www.github.com/lab/Course.x.git",
            "https://github.com/lab/Course.x/tree/main",
            "https://github.com/lab/Course.x/blob/feature/x/a.ipynb?plain=1#L1",
            "git@github.com:lab/Course.x.git",
            "ssh://git@github.com/lab/Course.x.git",
            "https://mybinder.org/v2/gh/lab/Course.x/HEAD?urlpath=lab",
        )
    ),
    ("allowed_repositories", "https://github.com/lab/*", ("lab/*",)),
    ("allowed_repositories", "gh/lab/a v2/gh/lab/b/main gh/lab", ("lab/a", "lab/b", "gh/lab")),
    ("time_zone", "W. Europe Standard Time", "Europe/Berlin"),
    ("time_zone", "pacific standard time", "America/Los_Angeles"),
    ("allowed_organisations", "https://github.com/orgs/our-lab/teams", ("our-lab",)),
    ("helm_values", '{"a": Infinity}', SecretStr('{"a": "Infinity"}')),
    ("allowed_repositories", "^lab/a/main$ ^lab/.*$", ("^lab/a/main$", "^lab/.*$")),
    ("allowed_repositories", r"^lab/\S+$ ^lab/[^x]+$", (r"^lab/\S+$", "^lab/[^x]+$")),
    ("allowed_origins", "https://a.example.org:8443 https://b.example.org", ("https://a.example.org:8443", "https://b.example.org")),
    ("config_repository", "lab/our.hub", "lab/our.hub"),
]  # fmt: skip

REFUSED = [
    ("binderhub_name", "ab", "3-59"),
    ("binderhub_name", "a" * 60, "3-59"),
    ("binderhub_name", "2024-hub", "a letter first"),
    ("binderhub_name", "zürich", "letters a-z"),
    ("binderhub_name", "my/hub", "letters a-z"),
    ("binderhub_name", "microsofthub", "reserved word"),
    ("binderhub_name", "login-hub", "reserved word"),
    ("binderhub_name", "azure", "reserved word"),
    ("binderhub_name", "kube-system", "namespace"),
    ("binderhub_name", "cert-manager", "namespace"),
    ("binderhub_version", "latest", "is not a version"),
    ("binderhub_chart_repository", "http://charts.example.org", "https:// or oci://"),
    ("binderhub_chart_repository", "https://[bad", "https:// or oci://"),
    ("binderhub_chart_repository", "https://charts.example.org:abc", "https:// or oci://"),
    ("binderhub_chart_repository", "https://charts.example.org/?q=1", "must not contain"),
    ("azure_subscription", "0a1b2c3d-0000-4000-8000", "is not a subscription"),
    ("azure_subscription", "/subscriptions/nonsense", "is not a GUID"),
    ("resource_group_name", "ends-with-dot.", "not end with a dot"),
    ("resource_group_name", "a" * 91, "1 to 90"),
    ("resource_group_location", "?", "is not an Azure region"),
    ("azure_cloud", "AzureUSGovernment", "the public cloud of Azure only"),
    ("azure_cloud", "AzureChinaCloud", "the public cloud of Azure only"),
    ("azure_client_id", "my-identity", "is not a GUID"),
    ("sp_app_id", "binder", "is not a GUID"),
    ("sp_tenant_id", "contoso", "is not a tenant"),
    ("oauth_tenant_id", "common", "is not a tenant"),
    ("aks_node_vm_size", "Standard_D1_v2", "single core"),
    ("aks_node_vm_size", "Standard_E4-1ds_v5", "single core"),
    ("aks_node_vm_size", "Basic_A2", "is not a VM size"),
    ("aks_system_node_vm_size", "big", "is not a VM size"),
    ("aks_node_count", "-1", "from 0 to 1000"),
    ("aks_node_count", "two", "whole number"),
    ("aks_node_count", "1.5", "whole number"),
    ("aks_node_count_max", "1001", "from 1 to 1000"),
    ("aks_kubernetes_version", "latest", "is not a Kubernetes version"),
    ("aks_tier", "Premium", "must be Free or Standard"),
    ("container_registry", "quay", "must be azurecr or dockerhub"),
    ("registry_name", "abc", "5 to 50"),
    ("registry_name", "käse-registry", "5 to 50"),
    ("registry_sku", "Gold", "must be Basic, Standard or Premium"),
    ("dockerhub_username", "me@example.org", "the Docker ID"),
    ("dockerhub_organisation", "some lab", "is not a name on Docker Hub"),
    ("docker_image_prefix", "-binder", "must be letters and digits"),
    ("docker_image_prefix", "lab/binder", "must be letters and digits"),
    ("docker_image_prefix", "b" * 61, "at most 60"),
    ("enable_https", "perhaps", "must be auto, true or false"),
    ("exit_zero_when_handled", "perhaps", "must be true or false"),
    ("contact_email", "somebody", "is not an e-mail address"),
    ("contact_email", "a b@example.org", "is not an e-mail address"),
    ("contact_email", "a@localhost", "is not an e-mail address"),
    ("domain_name", "https://hub.example.org", "must be a domain"),
    ("domain_name", "localhost", "is not a domain name"),
    ("domain_name", "hub..example.org", "is not a domain name"),
    ("dns_zone_resource_group", "a/b", "1 to 90"),
    ("dns_zone_resource_group", "/subscriptions/mine/resourceGroups/zones", "is not a GUID"),
    ("resource_group_name", f"/subscriptions/{ID}/resourceGroups/research", f"{ID} as AZURE_SUBSCRIPTION"),
    ("certificate_authority", "verisign", "must be auto"),
    ("certmanager_version", "newest", "is not a version"),
    ("traefik_version", "v3", "is not a version"),
    ("authentication", "ldap", "must be none, github or entra"),
    ("oauth_client_id", "two\nlines", "one line"),
    ("allowed_users", "*", "list users by name"),
    ("allowed_users", '["a", ', "is not a JSON list"),
    ("allowed_organisations", "*", "organisations or groups"),
    ("admin_users", "a;b", "list users by name"),
    ("user_memory_limit", "2", "is not an amount of memory"),
    ("user_memory_limit", "lots", "is not an amount of memory"),
    ("user_memory_limit", "64M", "less than a Jupyter server needs"),
    ("build_memory_limit", "512M", "less than a build needs"),
    ("build_cpu_limit", "0.1", "must be from 0.25 to 128 CPUs"),
    ("user_bandwidth_limit", "50", "is not a number of bits per second"),
    ("user_bandwidth_limit", "50MB", "is not a number of bits per second"),
    ("egress_ports", "ssh", "must list TCP ports from 1 to 65535"),
    ("egress_ports", "0", "must list TCP ports"),
    ("egress_ports", "8010-8000", "must list TCP ports"),
    ("egress_ports", "70000", "must list TCP ports"),
    ("egress_ports", "25", "opens a port of mail servers"),
    ("egress_ports", "20-30", "opens a port of mail servers"),
    ("egress_ports", "587", "opens a port of mail servers"),
    ("user_cpu_limit", "0", "from 0.05 to 128"),
    ("user_cpu_limit", "half", "is not a number of CPUs"),
    ("total_quota", "-1", "from 1 to 100000"),
    ("per_user_quota", "0", "from 1 to 100000"),
    ("per_repository_quota", "-5", "from 1 to 100000"),
    ("image_builder", "kaniko", "must be dind or pink"),
    ("idle_timeout", "soon", "is not a duration"),
    ("idle_timeout", "5 s", "from one minute"),
    ("idle_timeout", "1 2 min", "is not a duration"),
    ("maximum_age", "31 d", "to 30 days"),
    ("allowed_repositories", "lab", "Write lab/* for all its repositories, or lab/name for one."),
    ("allowed_repositories", "https://github.com/lab/", "Write lab/* for all its repositories"),
    ("allowed_repositories", "*", "Write */* for all of GitHub, or leave it empty"),
    ("allowed_repositories", "lab/course/main", "Write lab/course."),
    ("allowed_repositories", "lab//course", "must list repositories"),
    ("allowed_repositories", "bitbucket.org/lab/course", "Write git:https://bitbucket.org/lab/course"),
    ("allowed_repositories", "^lab/course$", "that no repository can match"),
    ("allowed_repositories", "^(lab|other)/[^/]+$", "that no repository can match"),
    ("allowed_repositories", r"^lab\/course$", "that no repository can match"),
    ("allowed_repositories", "^https://github.com/lab/course", "write owner/name, or ^owner/name/."),
    ("allowed_repositories", r"^github\.com/lab/", "that no repository can match"),
    ("allowed_repositories", "svn:lab/course", "a provider of repositories that BinderHub does not know"),
    ("allowed_repositories", "gitlab.com/lab", "that no repository of its provider can match"),
    ("time_zone", "here", "Write one like Europe/London"),
    ("allowed_origins", "*", "would let every web page start sessions"),
    ("allowed_origins", "*", "config.BinderHub.cors_allow_origin and jupyterhub.hub.config.BinderSp"),
    ("allowed_origins", "http://localhost:3000", "names a page on the computer of whoever looks at it"),
    ("allowed_origins", "https://127.0.0.1:3000", "On a hub that is for tests alone, set config.BinderHub"),
    ("allowed_origins", "http://book.example.org", "served over http"),
    ("allowed_origins", "https://book.example.org:99999", "must list web origins"),
    ("allowed_origins", "https://book.example.org:abc", "must list web origins"),
    ("allowed_origins", "https://[::1", "must list web origins"),
    ("helm_values", "a: 1\nb: {c: 1, c: 2}", "has a key twice in one mapping (line 2, column 11)"),
    ("helm_values", '{"a": {"b": 1}, "a": {"c": 2}}', "has a key twice in one mapping (line 1, column 17)"),
    ("allowed_repositories", "^lab/(", "that is not valid"),
    ("allowed_origins", "https://book.example.org/page", "must list web origins"),
    ("config_repository", "our-hub", "must name a repository"),
    ("tags", "cost centre", "must be tags"),
    ("tags", "{not json", "must be tags"),
    ("tags", '{"a": ["b"]}', "must be tags"),
    ("tags", "a=1,A=2", "has a tag twice"),
    ("tags", ",".join(f"t{n}=1" for n in range(49)), "more than 48 tags"),
    ("tags", "=value", "empty or too long"),
    ("tags", f"a={'v' * 257}", "empty or too long"),
    ("tags", f"{'n' * 129}=v", "empty or too long"),
    ("tags", "a<b=1", "< > %"),
    ("tags", "azure-cost=1", "is reserved"),
    ("tags", "binderhub-name=other", "is reserved"),
    ("storage_account_name", "my-outputs", "3 to 24"),
    ("action", "destroy", "must be deploy"),
]  # fmt: skip

SECRETS_REFUSED = [
    ("sp_app_key", "canary\nsecond line", "one line"),
    ("dockerhub_password", "canary\x07", "one line"),
    ("oauth_client_secret", "canary\nx", "one line"),
    ("github_access_token", "canary\nx", "one line"),
    ("helm_values", "canary", "must be a YAML mapping"),
    ("helm_values", "config:  BinderHub:    canary: 1", "is not YAML (line 1)"),
    ("helm_values", "Y2FuYXJ5", "must be a YAML mapping"),
    ("helm_values", "a: 1\nb: [canary", "is not YAML (line 2)"),
    ("helm_values", "a: &a {canary: *a}", "has an alias (*) for something that contains it"),
    ("helm_values", "a: !!binary Y2FuYXJ5", "has a tag (!!binary) that JSON has no word for"),
    ("helm_values", "a: !!set {canary}", "has a tag (!!set) that JSON has no word for"),
    ("helm_values", "a: !canary b", "has a tag that JSON has no word for"),
    ("helm_values", "a: !!int canary", "has a value that does not fit its tag"),
    ("helm_values", "a: .nan", "has a number that is not finite"),
    ("helm_values", '{"a": "\\ud83d canary"}', "has half a character"),
    ("helm_values", "? [canary]\n: a", "has a key that is not text"),
    ("helm_values", "a: 1\n---\nb: canary", "has several documents"),
    ("helm_values", "a: {<<: canary}", "merges (<<) something that is no mapping"),
    ("helm_values", "- canary", "must be a YAML mapping"),
    ("helm_values", "a: canary\x00", "is not YAML"),
]


@pytest.mark.parametrize(("name", "written", "read"), ACCEPTED)
def test_a_value_is_read_as(name: str, written: str, read: object) -> None:
    others: dict[str, Any] = {"binderhub_name": "demo", "resource_group_name": "research"}
    assert getattr(Settings(**{**others, name: written}), name) == read


# Nine levels of ten aliases each: a thousand million values.
MANY_ALIASES = "a0: &a0 [1]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9)
)
DEEP = "[" * 100_000
LARGE = {
    "400 brackets": ("helm_values", "a: " + "[" * 400 + "]" * 400, "is nested more than 64 levels deep"),
    "deep JSON": ("helm_values", f'{{"a": {DEEP}}}', "is nested more than 64 levels deep"),
    "long text": ("helm_values", "a: " + "canary" * 50_000, "is longer than 256 KiB"),
    "many aliases": ("helm_values", MANY_ALIASES, "has more than 5000 values"),
    "deep list": ("allowed_users", DEEP, "is not a JSON list"),
    "deep tags": ("tags", f'{{"a": {DEEP}', "must be tags"),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_input_is_refused_and_ends_nothing(
    name: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    setting, written, rule = LARGE[name]
    with pytest.raises(SettingsError) as caught:
        load_environment(**{setting.upper(): written})
    (problem,) = caught.value.problems
    assert rule in problem.rule


@pytest.mark.parametrize(("name", "written", "rule"), REFUSED)
def test_a_wrong_value_is_refused_with_its_rule(
    name: str, written: str, rule: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**{name.upper(): written})
    (problem,) = [one for one in caught.value.problems if one.setting.startswith(name.upper())]
    assert rule in f"{problem.rule} {problem.remedy}"
    assert problem.remedy.endswith((".", "?"))
    assert caught.value.exit_status == 2


def test_values_that_lost_their_line_breaks_are_told_of_json_and_base64(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(HELM_VALUES="config:  BinderHub:    image_prefix: x")
    (problem,) = caught.value.problems
    assert "write JSON there, or base64" in problem.remedy


@pytest.mark.parametrize(("name", "written", "rule"), SECRETS_REFUSED)
@pytest.mark.usefixtures("needed")
def test_a_wrong_secret_is_refused_without_being_shown(
    name: str, written: str, rule: str, write_config: Callable[[object], Path]
) -> None:
    section, _, key = ALIASES[name].paths[0].rpartition(".")
    with pytest.raises(SettingsError) as caught:
        load_settings({}, write_config({section: {key: written}} if section else {key: written}))
    problem = next(one for one in caught.value.problems if one.setting.startswith(ALIASES[name].paths[0]))
    assert rule in problem.rule
    assert "canary" not in json.dumps([str(one) for one in caught.value.problems])


@pytest.mark.parametrize("value", [True, 1.5, [1], {"a": 1}])
def test_a_json_value_of_another_type_is_no_count(value: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Settings(binderhub_name="demo", resource_group_name="g", aks_node_count=value)


def test_a_version_as_a_json_number_is_refused_for_it_has_lost_its_zeros() -> None:
    lost: dict[str, Any] = {"aks_kubernetes_version": 1.3}
    with pytest.raises(ValueError, match="must be text"):
        Settings(binderhub_name="demo", resource_group_name="g", **lost)


def test_what_is_not_given_follows_from_what_is() -> None:
    settings = Settings(
        binderhub_name="demo",
        resource_group_name="g",
        aks_node_count=5,
        aks_node_vm_size="D4s_v5",
        total_quota=20,
    )
    assert settings.aks_node_count_max == 5
    assert settings.aks_system_node_vm_size == "Standard_D4s_v5"
    assert settings.per_repository_quota == 20
