"""The BinderHub release's values: what the settings mean there, for any settings, and where secrets stand."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from deployer.helm.values import (
    RegistryAccess,
    RegistryLogin,
    merge,
    render_binderhub_values,
)
from tests.deployer.chart_schemas import validate_binderhub
from tests.deployer.hubs import (
    ENTRA,
    GITHUB,
    MODES,
    PULL_PASSWORD,
    REGISTRY_PASSWORD,
    hub_settings,
    names_of,
    values_of,
)

LABEL = "service.beta.kubernetes.io/azure-dns-label-name"
TAGS = "service.beta.kubernetes.io/azure-pip-tags"
OUR_TAGS = "binderhub-name=our-hub,binderhub-created-by=binderhub-deployer"

words = st.text(min_size=1, max_size=30)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
wild_settings = st.fixed_dictionaries(
    {},
    optional={
        "binderhub_name": st.from_regex(r"[a-z][a-z0-9-]{1,40}[a-z0-9]x", fullmatch=True),
        "docker_image_prefix": st.from_regex(r"[a-z0-9]{1,10}-", fullmatch=True),
        "image_builder": st.sampled_from(["dind", "pink"]),
        "user_memory_limit": st.builds("{}{}".format, st.integers(1, 64), st.sampled_from(["G", "GB", "Gi"])),
        "user_cpu_limit": st.floats(0.05, 64).map(lambda cpus: f"{cpus:.3f}"),
        "total_quota": st.integers(50, 100_000),
        "idle_timeout": st.integers(60, 3600),
        "aks_node_count": st.integers(1, 5),
        "github_access_token": st.from_regex(r"ghp_[\x21-\x7e]{4,20}", fullmatch=True),
        "allowed_repositories": st.lists(
            st.from_regex(r"[\w.-]{1,9}/([\w.-]{1,9}|\*)", fullmatch=True), max_size=3
        ),
        "allowed_origins": st.lists(st.integers(1, 9).map("https://book{}.example.org".format), max_size=3),
        "helm_values": st.dictionaries(words, trees).map(lambda tree: json.dumps({"extraConfig": tree})),
    },
)
sign_ins = st.sampled_from([{}, GITHUB, ENTRA])
modes = st.sampled_from(list(MODES.values()))


@pytest.mark.online
@given(wild_settings, sign_ins, modes)
def test_values_of_any_settings_are_values_of_the_charts(
    settings: dict[str, Any], sign_in: dict[str, Any], mode: dict[str, Any]
) -> None:
    validate_binderhub(values_of(**settings, **sign_in, **mode).merged())


@given(st.dictionaries(words, trees))
def test_what_the_user_adds_comes_out_as_it_went_in(tree: dict[str, Any]) -> None:
    assert values_of(helm_values=json.dumps({"extraFiles": tree})).merged()["extraFiles"] == tree


@given(st.text(min_size=1))
def test_no_password_can_change_what_the_values_mean(password: str) -> None:
    registry = docker_hub_account(password)
    values = render_binderhub_values(hub_settings(), names_of(), registry)
    assert values.secret["registry"] == {"password": password}
    assert values.secret["jupyterhub"]["imagePullSecret"] == {"password": password}


@pytest.mark.parametrize("sign_in", [GITHUB, ENTRA])
def test_secrets_are_in_the_secret_layer_only(sign_in: dict[str, str]) -> None:
    own = "extraConfig: {own: canary-of-the-user}"
    values = values_of(github_access_token="canary-of-github", helm_values=own, **sign_in)
    canaries = {REGISTRY_PASSWORD, PULL_PASSWORD, "canary-of-oauth", "canary-of-github", "canary-of-the-user"}
    assert "canary" not in yaml.safe_dump(values.public)
    assert canaries <= set(re.findall(r"canary-[a-z-]+", yaml.safe_dump(values.secret)))


def test_the_users_values_have_the_last_word() -> None:
    own = "{replicas: 2, service: {annotations: {own: '1'}}, jupyterhub: {cull: {every: 60}}}"
    merged = values_of(helm_values=own).merged()
    assert merged["replicas"] == 2
    assert merged["service"]["annotations"] == {"own": "1", LABEL: "our-hub", TAGS: OUR_TAGS}
    assert merged["jupyterhub"]["cull"] == {"enabled": True, "every": 60, "timeout": 600, "maxAge": 21600}


def test_the_users_values_mean_what_they_mean_to_helm() -> None:
    merged = values_of(helm_values="podAnnotations: {since: 2026-11-24}").merged()
    assert merged["podAnnotations"] == {"since": "2026-11-24"}


def test_lists_are_replaced_and_mappings_merged() -> None:
    assert merge({"a": {"b": [1, 2], "c": 3}}, {"a": {"b": [4]}}) == {"a": {"b": [4], "c": 3}}
    assert merge({"a": {"b": 1}}, {"a": None}) == {"a": None}


def test_both_services_are_load_balancers_with_their_labels() -> None:
    values = values_of().public
    proxy = values["jupyterhub"]["proxy"]["service"]
    ours = {TAGS: OUR_TAGS}
    assert values["service"] == {"type": "LoadBalancer", "annotations": {LABEL: "our-hub", **ours}}
    assert proxy == {"type": "LoadBalancer", "annotations": {LABEL: "our-hub-hub", **ours}}


def test_the_page_sends_visitors_to_the_public_hub_but_asks_it_inside_the_cluster() -> None:
    page = values_of().public["config"]["BinderHub"]
    assert page["hub_url"] == "http://our-hub-hub.westeurope.cloudapp.azure.com"
    assert page["hub_url_local"] == "http://proxy-public"


def test_a_registry_of_azures_is_named_in_full_and_has_no_token_address() -> None:
    values, names = values_of().merged(), names_of()
    server = f"{names.registry}.azurecr.io"
    assert values["config"]["BinderHub"]["image_prefix"] == f"{server}/our-hub/binder-"
    assert values["registry"] == {
        "url": f"https://{server}",
        "username": names.registry_token,
        "password": REGISTRY_PASSWORD,
    }
    assert values["jupyterhub"]["imagePullSecret"] == {
        "create": True,
        "registry": server,
        "username": names.pull_token,
        "password": PULL_PASSWORD,
    }
    assert "DockerRegistry" not in values["config"]
    assert values["global"] == {"registrySlots": {"push": "password1", "pull": "password2"}}


def docker_hub_account(password: str) -> RegistryAccess:
    login = RegistryLogin("us3r", SecretStr(password))
    return RegistryAccess(None, "us3r/binder-", push=login, pull=login)


def docker_hub_values() -> dict[str, Any]:
    registry = docker_hub_account("p")
    return render_binderhub_values(hub_settings(), names_of(), registry).merged()


def test_docker_hub_is_pushed_to_without_an_address_and_pulled_from_with_one() -> None:
    values = docker_hub_values()
    assert values["registry"] == {"username": "us3r", "password": "p"}
    assert values["jupyterhub"]["imagePullSecret"] == {
        "create": True,
        "registry": "https://index.docker.io/v1/",
        "username": "us3r",
        "password": "p",
    }
    assert "global" not in values


@pytest.mark.online
def test_values_for_docker_hub_are_values_of_the_charts() -> None:
    validate_binderhub(docker_hub_values())


@pytest.mark.parametrize(
    ("builder", "other", "version"), [("dind", "pink", "27.5.1-dind"), ("pink", "dind", "v5.8.2-immutable")]
)
def test_the_image_of_either_builder_is_named_by_its_content(builder: str, other: str, version: str) -> None:
    values = values_of(image_builder=builder).public
    assert values["imageBuilderType"] == builder
    assert values[builder]["resources"]["requests"]
    assert re.fullmatch(rf"{version}@sha256:[0-9a-f]{{64}}", values[builder]["daemonset"]["image"]["tag"])
    assert other not in values


@pytest.mark.parametrize(("nodes", "cordon"), [(1, False), (2, True)])
def test_the_cleaner_cordons_a_node_only_beside_others(nodes: int, cordon: bool) -> None:  # noqa: FBT001
    assert values_of(aks_node_count=nodes).public["imageCleaner"]["cordon"] is cordon


def test_room_is_held_for_the_next_person_where_nodes_can_be_added() -> None:
    def replicas(**settings: int) -> int:
        held: int = values_of(**settings).public["jupyterhub"]["scheduling"]["userPlaceholder"]["replicas"]
        return held

    assert replicas(aks_node_count=1, aks_node_count_max=3) == 1
    assert replicas(aks_node_count=2, aks_node_count_max=2) == 0


def test_a_session_ends_itself_although_its_tab_is_open() -> None:
    files = values_of(idle_timeout="2 min").public["jupyterhub"]["singleuser"]["extraFiles"]
    assert files["jupyter_server_config.json"] == {
        "mountPath": "/etc/jupyter/jupyter_server_config.json",
        "data": {
            "ServerApp": {"shutdown_no_activity_timeout": 120},
            "MappingKernelManager": {
                "cull_idle_timeout": 120,
                "cull_interval": 60,
                "cull_connected": True,
            },
        },
    }


def test_failed_starts_do_not_end_the_hub() -> None:
    assert values_of().public["jupyterhub"]["hub"]["consecutiveFailureLimit"] == 0


@pytest.mark.parametrize("sign_in", [GITHUB, ENTRA])
def test_a_person_who_signs_in_can_have_several_sessions_up_to_a_limit(sign_in: dict[str, str]) -> None:
    jupyterhub = values_of(per_user_quota="5", **sign_in).public["jupyterhub"]
    assert jupyterhub["hub"]["allowNamedServers"] is True
    assert jupyterhub["hub"]["namedServerLimitPerUser"] == 5
    assert jupyterhub["cull"]["removeNamedServers"] is True


def test_culling_follows_the_settings() -> None:
    cull = values_of(idle_timeout="2 min", maximum_age="1 h").public["jupyterhub"]["cull"]
    assert cull == {"enabled": True, "every": 180, "timeout": 120, "maxAge": 3600}


def test_one_origin_may_be_named_in_the_headers() -> None:
    values = values_of(allowed_origins="https://book.example.org").public
    assert values["config"]["BinderHub"]["cors_allow_origin"] == "https://book.example.org"
    spawner = values["jupyterhub"]["hub"]["config"]["BinderSpawner"]
    assert spawner["cors_allow_origin"] == "https://book.example.org"


def test_several_origins_are_told_apart_by_code_and_by_a_pattern() -> None:
    values = values_of(allowed_origins="https://a.example.org, https://b.example.org").public
    assert values["config"]["AllowedOrigins"]["origins"] == ["https://a.example.org", "https://b.example.org"]
    (argument,) = values["jupyterhub"]["hub"]["config"]["BinderSpawner"]["args"]
    pattern = argument.removeprefix("--NotebookApp.allow_origin_pat=")
    assert re.match(pattern, "https://b.example.org")
    assert not re.match(pattern, "https://bxexample.org")
    assert not re.match(pattern, "https://a.example.org.evil.org")
    compile(values["extraConfig"]["allowed-origins"], "allowed-origins", "exec")


def test_without_sign_in_nothing_speaks_of_it() -> None:
    values = values_of().merged()
    assert "auth_enabled" not in values["config"]["BinderHub"]
    assert "config" not in values["jupyterhub"]["hub"]
    assert "cmd" not in values["jupyterhub"]["singleuser"]


@pytest.mark.parametrize("sign_in", [GITHUB, ENTRA])
def test_sign_in_is_switched_on_for_page_and_servers(sign_in: dict[str, str]) -> None:
    values = values_of(**sign_in).merged()
    hub = values["jupyterhub"]["hub"]
    assert values["config"]["BinderHub"]["auth_enabled"] is True
    assert hub["config"]["BinderSpawner"]["auth_enabled"] is True
    assert hub["services"]["binder"]["oauth_redirect_uri"] == (
        "http://our-hub.westeurope.cloudapp.azure.com/oauth_callback"
    )
    assert values["jupyterhub"]["singleuser"]["cmd"] == "jupyterhub-singleuser"
    assert values["jupyterhub"]["cull"]["users"] is False


@pytest.mark.parametrize("sign_in", [GITHUB, ENTRA])
def test_nobody_who_signs_in_can_start_a_server_of_their_own_choice(sign_in: dict[str, str]) -> None:
    """BinderHub alone starts servers; see JupyterHub's `scopes.py` for what `self` and `admin` hold."""
    admin = sign_in["allowed_users"].split(",")[0]
    hub = values_of(**sign_in, admin_users=admin).merged()["jupyterhub"]["hub"]
    scopes = {scope.partition("!")[0] for role in hub["loadRoles"].values() for scope in role["scopes"]}
    assert not scopes & {"self", "inherit", "servers", "admin:servers", "admin:users"}
    of_admins = hub["loadRoles"]["administrators"]
    assert of_admins["users"] == [admin]
    assert not {"access:servers", "tokens"} & set(of_admins["scopes"])
    assert hub["config"]["JupyterHub"]["admin_access"] is False
    assert "admin_users" not in str(hub["config"])


def test_administrators_may_sign_in_without_being_listed_twice() -> None:
    hub = values_of(**GITHUB, admin_users="ada, linus").merged()["jupyterhub"]["hub"]
    assert hub["config"]["GitHubOAuthenticator"]["allowed_users"] == ["ada", "grace", "linus"]


def test_github_lets_in_members_and_users_that_are_named() -> None:
    config = values_of(**GITHUB).merged()["jupyterhub"]["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "github"
    github = config["GitHubOAuthenticator"]
    assert github["allowed_organizations"] == ["our-lab"]
    assert github["allowed_users"] == ["ada", "grace"]
    assert github["scope"] == ["read:org"]
    assert github["allow_all"] is False
    assert github["client_secret"] == "canary-of-oauth"
    assert github["oauth_callback_url"].endswith("-hub.westeurope.cloudapp.azure.com/hub/oauth_callback")


def test_entra_knows_users_by_a_name_they_cannot_choose() -> None:
    config = values_of(**ENTRA).merged()["jupyterhub"]["hub"]["config"]
    assert config["JupyterHub"]["authenticator_class"] == "azuread"
    entra = config["AzureAdOAuthenticator"]
    assert "username_claim" not in entra
    assert entra["tenant_id"] == "example.org"
    assert entra["allowed_users"] == ["ada@example.org"]
    assert entra["manage_groups"] is True
    assert entra["allow_all"] is False
