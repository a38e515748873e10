"""The hub's certificate from end to end: who issues, who refuses, and what a later run makes of it."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.clusters.workloads.admissions_enforcer import MANAGER as ENFORCER
from sandbox.visitor.browser import Browser, missing_programs
from tests.clusters import kubernetes
from tests.deployment_record import violations
from tests.end_to_end.deployments import click, group_of, outputs_of, run
from tests.end_to_end.https_hubs import EMAIL, REGION, HttpsHub, orders, refusing
from tests.end_to_end.near_its_end import age_certificate, kept_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from sandbox.visitor.portal import Clicked

NAME = "usual"
RENEWAL_SECONDS = 120

needs_a_browser = pytest.mark.skipif(
    bool(missing_programs()), reason=f"not installed here: {', '.join(missing_programs())}"
)


def open_page(browser: Browser, url: str) -> subprocess.CompletedProcess[str]:
    """Open a page without a window; return what is shown, and what the browser says of it."""
    command = browser.command("--headless", "--dump-dom", url)
    return subprocess.run(
        command, env=browser.environment(), capture_output=True, text=True, timeout=60, check=True
    )


def is_trusted(hub: HttpsHub) -> bool:
    """Visit the hub; return whether its certificate is trusted."""
    try:
        return hub.visit(f"https://{hub.cname_target}/versions") == 200
    except httpx.ConnectError:
        return False


@pytest.fixture(scope="module")
def clicked(sandbox: RunningSandbox) -> Iterator[Clicked]:
    """Click for a hub that has an e-mail address and nothing else that is special."""
    with group_of(sandbox, NAME):
        done = click(sandbox, NAME, REGION, contactEmail=EMAIL["CONTACT_EMAIL"])
        assert done.succeeded, done.events[-3:]
        yield done


@pytest.fixture(scope="module")
def usual(clicked: Clicked, sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> HttpsHub:
    """Take the hub that was clicked, to deploy it again from a laptop."""
    assert clicked.succeeded
    return HttpsHub(sandbox, tmp_path_factory.mktemp(NAME), NAME)


@pytest.fixture
def hub(usual: HttpsHub) -> HttpsHub:
    """Take the usual hub, as if it had never had a certificate."""
    usual.forget_certificate()
    return usual


def test_an_email_is_enough_for_a_hub_with_a_trusted_certificate(usual: HttpsHub) -> None:
    assert usual.visit(f"https://usual.{REGION}.cloudapp.azure.com/versions") == 200
    assert usual.visit(f"https://usual-hub.{REGION}.cloudapp.azure.com/hub/api") == 200
    assert usual.visit(f"http://usual.{REGION}.cloudapp.azure.com/versions") == 200


def test_aks_changes_nothing_in_the_webhooks_that_helm_applies(usual: HttpsHub) -> None:
    for kind in ("validating", "mutating"):
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/cert-manager-webhook"
        with kubernetes(usual.sandbox, NAME) as api:
            configuration = api.get(path).raise_for_status().json()
        managers = {entry["manager"] for entry in configuration["metadata"]["managedFields"]}
        assert "helm" in managers
        assert ENFORCER not in managers


def test_browsers_are_told_to_insist_on_https(usual: HttpsHub) -> None:
    for page in (
        f"usual.{REGION}.cloudapp.azure.com/versions",
        f"usual-hub.{REGION}.cloudapp.azure.com/hub/api",
    ):
        assert usual.header(f"https://{page}", "Strict-Transport-Security") == "max-age=15724800"
        assert usual.header(f"http://{page}", "Strict-Transport-Security") is None


def test_the_usual_hub_says_that_it_is_open(sandbox: RunningSandbox, clicked: Clicked) -> None:
    outputs = outputs_of(sandbox, clicked)
    record = json.loads(outputs["deployment.json"])
    assert violations(record) == []
    assert record["hub"]["open"] is True
    assert record["notes"] == []
    told = "## Who can use this hub\n\nAnyone who knows the address of this hub can"
    assert told in outputs["next-steps.md"]


def test_visitors_of_port_80_are_sent_to_https(usual: HttpsHub) -> None:
    with usual.sandbox.client() as client:
        answer = client.get(f"http://usual-hub.{REGION}.cloudapp.azure.com/hub/api")
    assert answer.headers["location"] == f"https://usual-hub.{REGION}.cloudapp.azure.com/hub/api"


@needs_a_browser
def test_a_browser_opens_both_pages_with_every_certificate_checked(usual: HttpsHub, tmp_path: Path) -> None:
    browser = Browser(usual.sandbox, tmp_path)
    for label, heading in (("usual", "Binder of the sandbox"), ("usual-hub", "Hub of the sandbox")):
        opened = open_page(browser, f"https://{label}.{REGION}.cloudapp.azure.com/")
        assert f"<h1>{heading}</h1>" in opened.stdout, opened.stderr


@needs_a_browser
def test_a_browser_that_does_not_know_the_authority_refuses(usual: HttpsHub, tmp_path: Path) -> None:
    browser = Browser(usual.sandbox, tmp_path, trusting=False)
    opened = open_page(browser, f"https://usual.{REGION}.cloudapp.azure.com/")
    assert "ERR_CERT_AUTHORITY_INVALID" in opened.stderr
    assert "<h1>" not in opened.stdout


def test_info_tells_who_issued_and_until_when(usual: HttpsHub) -> None:
    told = usual.info()
    assert told["binder_url"] == f"https://usual.{REGION}.cloudapp.azure.com"
    assert told["hub_url"] == f"https://usual-hub.{REGION}.cloudapp.azure.com"
    assert told["binder_answers"]
    assert told["hub_answers"]
    assert told["certificate"].startswith("issued by Let's Encrypt, valid until 20")


@pytest.mark.parametrize(("target", "pods"), [("traefik", "ingress-"), ("cert-manager", "cert-manager-")])
def test_logs_of_what_serves_https_are_shown(usual: HttpsHub, target: str, pods: str) -> None:
    where = ("--name", usual.name, "--resource-group", usual.name)
    ran = run(usual.sandbox, "binderhub-deployer", "logs", target, "--tail", "1", *where)
    assert ran.status == 0, ran.stderr
    assert {line.startswith(pods) for line in ran.stdout.splitlines()} == {True}


def test_a_second_run_orders_nothing_and_writes_nothing(usual: HttpsHub) -> None:
    before, revisions = orders(usual.sandbox), usual.revisions()
    ran, written = usual.deploy_again(**EMAIL)
    assert ran.status == 0, ran.stderr
    assert written == []
    assert orders(usual.sandbox) == before
    assert usual.revisions() == revisions


def test_a_certificate_near_its_end_is_renewed_while_the_hub_serves(usual: HttpsHub) -> None:
    before = orders(usual.sandbox)
    aged = age_certificate(usual.sandbox, NAME)
    ends = time.monotonic() + RENEWAL_SECONDS
    # Traefik takes up a Secret with a delay of seconds.
    while (renewed := kept_certificate(usual.sandbox, NAME)) == aged or not is_trusted(usual):
        assert time.monotonic() < ends
        with usual.sandbox.client(verify=False) as anybody:
            assert anybody.get(f"https://{usual.cname_target}/versions").status_code == 200
        time.sleep(0.5)
    assert renewed.not_valid_after_utc > aged.not_valid_after_utc
    assert orders(usual.sandbox) == {**before, "letsencrypt": before["letsencrypt"] + 1}


@pytest.mark.parametrize("refusal", ["rateLimited", "caa"])
def test_zerossl_issues_what_lets_encrypt_refuses_and_is_kept(
    refusal: str, sandbox: RunningSandbox, hub: HttpsHub
) -> None:
    with refusing(sandbox, letsencrypt=refusal):
        before = orders(sandbox)
        ran = hub.deploy(**EMAIL)
    assert ran.status == 0, ran.stderr
    assert ran.result["notes"] == []
    assert orders(sandbox)["zerossl"] == before["zerossl"] + 1
    assert hub.visit(f"https://{hub.cname_target}/versions") == 200
    before = orders(sandbox)
    again, written = hub.deploy_again(**EMAIL)
    assert (again.status, written) == (0, [])
    assert orders(sandbox) == before
    assert hub.info()["certificate"].startswith("issued by ZeroSSL")


def test_when_all_refuse_the_hub_works_with_a_note_and_a_later_run_heals_it(
    sandbox: RunningSandbox, hub: HttpsHub
) -> None:
    with refusing(sandbox, letsencrypt="rateLimited", zerossl="caa"):
        ran = hub.deploy(**EMAIL)
    assert ran.status == 0, ran.stderr
    (note,) = ran.result["notes"]
    assert "Let's Encrypt refuses" in note
    assert "ZeroSSL refuses" in note
    assert "asks again automatically at 20" in note
    assert hub.record()["status"] == "done"
    assert [entry["message"] for entry in hub.record()["notes"]] == [note]
    assert note in hub.next_steps()
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        hub.visit(f"https://{hub.cname_target}/versions")
    before = orders(sandbox)
    healed = hub.deploy(**EMAIL)
    assert (healed.status, healed.result["notes"]) == (0, [])
    assert sum(orders(sandbox).values()) == sum(before.values()) + 1
    assert hub.visit(f"https://{hub.cname_target}/versions") == 200


def test_the_only_authority_asked_refuses_and_is_asked_anew(sandbox: RunningSandbox, hub: HttpsHub) -> None:
    settings = {**EMAIL, "CERTIFICATE_AUTHORITY": "letsencrypt"}
    with refusing(sandbox, letsencrypt="rateLimited"):
        ran = hub.deploy(**settings)
    assert ran.status == 0, ran.stderr
    assert "ZeroSSL" not in ran.result["notes"][0]
    healed = hub.deploy(**settings)
    assert (healed.status, healed.result["notes"]) == (0, [])
    assert hub.info()["certificate"].startswith("issued by Let's Encrypt")


def test_a_refused_email_is_an_error_that_a_better_one_mends(sandbox: RunningSandbox, hub: HttpsHub) -> None:
    with refusing(sandbox, letsencrypt="invalidContact"):
        ran = hub.deploy(**EMAIL)
    assert ran.status == 1
    assert "does not accept the e-mail address" in ran.stderr
    mended = hub.deploy(CONTACT_EMAIL="somebody@example.org")
    assert mended.status == 0, mended.stderr


def test_staging_issues_what_browsers_do_not_trust_and_production_takes_its_place(
    sandbox: RunningSandbox, hub: HttpsHub
) -> None:
    before = orders(sandbox)
    ran = hub.deploy(**EMAIL, CERTIFICATE_AUTHORITY="letsencrypt-staging")
    assert ran.status == 0, ran.stderr
    assert orders(sandbox)["letsencrypt"] == before["letsencrypt"]
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        hub.visit(f"https://{hub.cname_target}/versions")
    assert hub.deploy(**EMAIL).status == 0
    assert hub.visit(f"https://{hub.cname_target}/versions") == 200
