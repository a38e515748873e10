"""What people bring is judged before anything is created, and what they have to do elsewhere is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.versions import DIGESTS, TRAEFIK_VERSION
from tests.end_to_end.deployments import deploy, hub_settings, latest_record, run, writes
from tests.end_to_end.logs import events

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran

HUB = "judged"
ID = "0a1b2c3d-0000-4000-8000-00000000000a"
ENTRA = {
    "CONTACT_EMAIL": "admin@example.org",
    "AUTHENTICATION": "entra",
    "OAUTH_CLIENT_ID": ID,
    "OAUTH_CLIENT_SECRET": "canary-of-oauth",
    "OAUTH_TENANT_ID": ID,
    "ALLOWED_ORGANISATIONS": ID,
}
REDIRECT_URI = f"https://{HUB}-hub.westeurope.cloudapp.azure.com/hub/oauth_callback"
WRONG_VALUES = """\
hubb: {a: b}
service: {type: canary-of-values}
jupyterhub: {singleuser: {memory: {limit: {canary-key: canary-of-values}}}}
"""


def planned(sandbox: RunningSandbox, *options: str, **environment: str) -> Ran:
    """Run `plan` for the hub."""
    return run(sandbox, "binderhub-deployer", "plan", *options, **{**hub_settings(HUB), **environment})


def test_helm_values_that_the_chart_refuses_end_the_run_before_anything_is_created(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    before = len(sandbox.requests())
    ran = deploy(sandbox, tmp_path, HUB, HELM_VALUES=WRONG_VALUES)
    assert ran.status == 2
    assert writes(sandbox.requests()[before:]) == []
    unknown = "<key 1>: the chart has no such key; did you mean hub?"
    for told in (unknown, "service.type: ", "jupyterhub.singleuser.memory.limit: "):
        assert told in ran.stderr
    assert "Correct these keys in HELM_VALUES" in ran.stderr
    assert "canary-of-values" not in ran.stdout + ran.stderr
    record = latest_record(tmp_path)
    assert {step["name"]: step["status"] for step in record["steps"]}["charts"] == "failed"
    assert unknown in record["error"]["message"]


def test_a_home_that_cannot_be_written_is_no_hindrance(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ran = deploy(sandbox, tmp_path, HUB, HELM_VALUES=WRONG_VALUES, HOME="/proc/none")
    assert "the chart has no such key" in ran.stderr


def test_charts_that_were_replaced_end_it_there_too(sandbox: RunningSandbox, tmp_path: Path) -> None:
    before = len(sandbox.requests())
    # Without this setting the charts of the sandbox are not those that the deployer knows.
    ran = deploy(sandbox, tmp_path, HUB, CHART_DIGESTS="", CONTACT_EMAIL="admin@example.org")
    assert ran.status == 2
    assert writes(sandbox.requests()[before:]) == []
    for chart in ("binderhub", "traefik", "cert-manager"):
        assert f"The content of the chart {chart}-" in latest_record(tmp_path)["error"]["message"]
    assert f"not {DIGESTS[f'traefik-{TRAEFIK_VERSION}']}. " in ran.stderr
    assert "Somebody has replaced the chart" in ran.stderr


def test_keys_in_the_wrong_place_are_refused_by_the_plan_already(sandbox: RunningSandbox) -> None:
    ran = planned(sandbox, HELM_VALUES="binderhub: {hub: {}}\nsingleuser: {}")
    assert ran.status == 2
    assert "Write the keys under binderhub: at the top level." in ran.stderr
    assert "Write them under jupyterhub:, as jupyterhub.singleuser." in ran.stderr


def test_replaced_decisions_are_warnings_of_the_plan_and_of_the_run(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    values = {"HELM_VALUES": "config: {BinderHub: {hub_url: 'http://elsewhere.example.org'}}\nhubb: {}"}
    told = "HELM_VALUES replace what the deployer decides: config.BinderHub.hub_url."
    plan = planned(sandbox, "--output", "json", **values)
    assert any(warning.startswith(told) for warning in plan.result["warnings"])
    # A wrong key beside it ends the run early.
    assert told in deploy(sandbox, tmp_path, HUB, **values).stderr


def test_the_redirect_uri_to_register_is_in_the_plan(sandbox: RunningSandbox) -> None:
    assert f"Redirect URI to register: {REDIRECT_URI}\n" in planned(sandbox, **ENTRA).stdout
    assert planned(sandbox, "--output", "json", **ENTRA).result["redirect_uri"] == REDIRECT_URI
    assert planned(sandbox, "--output", "json").result["redirect_uri"] is None


def test_the_redirect_uri_to_register_is_shown_at_the_start_of_a_run(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    ran = deploy(sandbox, tmp_path, HUB, **ENTRA, HELM_VALUES="hubb: {}")
    (event,) = [event for event in events(ran) if REDIRECT_URI in event["message"]]
    assert (event["kind"], event["step"]) == ("warning", "sign-in")
    # Kept for the end and the record: browsers take a name of Azure's for one site with those of strangers.
    notes = [entry["message"] for entry in latest_record(tmp_path)["notes"]]
    assert [note for note in notes if "Use a domain of your own (DOMAIN_NAME)" in note] == notes != []
    assert latest_record(tmp_path)["hub"]["visitors"].startswith(
        "The listed people who sign in with Microsoft Entra"
    )


def test_names_of_groups_are_refused_with_the_reason(sandbox: RunningSandbox) -> None:
    ran = planned(sandbox, **{**ENTRA, "ALLOWED_ORGANISATIONS": "Staff"})
    assert ran.status == 2
    assert "Entra only tells the hub the object ids" in ran.stderr


def test_a_file_with_comments_and_the_first_names_is_read(sandbox: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"azure": {"res_grp_name": "g",}, // where\n "docker": {"id": "somebody"}, # who\n}')
    ran = planned(sandbox, "--config", str(config), "--output", "json", RESOURCE_GROUP_NAME="")
    assert ran.status == 0, ran.stderr
    assert any("CONTAINER_REGISTRY is not set" in warning for warning in ran.result["warnings"])


def test_any_setting_can_be_an_option(sandbox: RunningSandbox) -> None:
    ran = planned(sandbox, "--set", "aks_node_count=many")
    assert ran.status == 2
    assert "AKS_NODE_COUNT" in ran.stderr


def test_an_option_without_a_value_is_refused(sandbox: RunningSandbox) -> None:
    ran = planned(sandbox, "--set", "AKS_NODE_COUNT")
    assert ran.status == 2
    assert "Write --set AKS_NODE_COUNT=2" in ran.stderr


def test_logs_of_what_is_no_part_of_a_hub_or_no_time_are_refused_before_signing_in(
    sandbox: RunningSandbox,
) -> None:
    for wrong, advice in (
        (("nonsense",), "Write one of binder, hub, proxy"),
        (("--since", "3w"), "Write one like 30m, 1h or 2d."),
        (("--since", "\N{SUPERSCRIPT TWO}h"), "Write one like 30m, 1h or 2d."),
    ):
        before = len(sandbox.requests())
        ran = run(sandbox, "binderhub-deployer", "logs", *wrong, "--name", HUB)
        assert ran.status == 2
        assert wrong[-1] in ran.stderr
        assert advice in ran.stderr
        assert len(sandbox.requests()) == before
