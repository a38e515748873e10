"""Of what helm, the API server and Azure say about HELM_VALUES, only paths and rules are published."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.quoting import UNSAID, Guard, words_in

PEM = (
    "-----BEGIN PRIVATE KEY-----\nMIIBcanaryAgEAMA0GCSqG\nSIb3canaryDQEBAQUAA4GN\n-----END PRIVATE KEY-----\n"
)
WORDS = words_in(
    "jupyterhub hub extraVolumes secret config BinderHub spec template volumes containers image env name "
    "Deployment extraEnv singleuser deployment yaml binderhub templates charts value"
)
VALUES: dict[str, Any] = {
    "config": {"BinderHub": {"canary-key-7f3a": "canary-value", "image": 8675309042}},
    "jupyterhub": {
        "hub": {"extraVolumes": [{"name": "canary-volume", "secret": PEM}], "extraEnv": {"CANARY": "ab12"}},
        "singleuser": {"extraEnv": {"PIN": 4711}},
    },
}
# What the secret looks like where programs quote it.
FORMS = {
    "as it is": PEM,
    "a line": PEM.split("\n")[1],
    "joined lines": " ".join(PEM.split()),
    "lines without spaces": "".join(PEM.split()),
    "escaped": json.dumps(PEM),
    "base64": base64.b64encode(PEM.encode()).decode(),
    "base64, cut off": base64.b64encode(PEM.encode()).decode()[:20] + "...",
    "cut off": PEM[:40] + "...",
    "a number as helm prints it": "8.675309042e+09",
    "a date": "2026-11-26T00:00:00Z",
    "a key": "canary-key-7f3a",
    "a short value": "ab12",
    "a short number": "4711",
}
# Helm and the API server as they were seen to answer, with {} for what they quote.
TEXTS = {
    "failed to create typed patch object (hub/hub; apps/v1, Kind=Deployment): "
    '.spec.template.spec.volumes[name="{}"].secret: expected map, got &{{{}}}': (
        "jupyterhub.hub.extraVolumes[0].secret: expected a mapping"
    ),
    'Deployment.apps "{}" is invalid: spec.template.spec.containers[0].image: Invalid value: "{}": must be': (
        "Deployment, config.BinderHub.image: has an invalid value"
    ),
    'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go '
    "struct field EnvVar.spec.template.spec.containers.env.value of type {}": "has the wrong type",
    "execution error at (binderhub/charts/jupyterhub/templates/hub/deployment.yaml:31:4): no {} in {}": (
        "a template of the chart refuses the values"
    ),
    'template: binderhub/templates/deployment.yaml:4:2: executing "x" at <.Values.jupyterhub.hub.secret>: '
    "wrong type for value; expected map[string]interface {{}}; got {}": "expected a mapping",
    "YAML parse error on binderhub/templates/secret.yaml: error converting YAML to JSON: yaml: {}": (
        "a rendered object is not YAML"
    ),
    'admission webhook "validate.example.org" denied the request: {}': "a webhook of the cluster refuses it",
    "{} {} {}": UNSAID,
}


@pytest.fixture
def guard() -> Guard:
    guard = Guard()
    guard.watch(VALUES)
    guard.learn(WORDS)
    return guard


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_secret_is_published(form: str, guard: Guard) -> None:
    for text in TEXTS:
        quoting = text.format(*[FORMS[form]] * 3)
        for said in (guard.published(quoting), guard.published_reason(f"FailedCreate, {quoting}")):
            assert FORMS[form] not in said
            assert "canary" not in said.lower()


@pytest.mark.parametrize("text", TEXTS)
def test_path_and_rule_are_published(text: str, guard: Guard) -> None:
    assert TEXTS[text] in guard.published(text.format("quoted", "quoted", "quoted"))


@given(text=st.text())
def test_nothing_is_taken_from_a_text_that_says_nothing_known(text: str) -> None:
    guard = Guard()
    guard.watch({"a": "secret"})
    said = guard.published(text)
    assert set(said.split()) & set(text.split()) <= set(UNSAID.split()) or said != UNSAID


def test_keys_that_the_chart_does_not_know_are_told_by_their_place(guard: Guard) -> None:
    assert guard.path(["config", "BinderHub", "canary-key-7f3a"]) == "config.BinderHub.<key 1>"
    assert guard.path(["jupyterhub", "elsewhere"]) == "jupyterhub.…"
    assert guard.unknown_key(["jupyterhub", "singleuser"], "extraEnvs") == (
        "jupyterhub.singleuser.…: the chart has no such key; did you mean extraEnv?"
    )


def test_names_of_objects_are_shown_unless_values_have_them(guard: Guard) -> None:
    assert guard.published_name("hub-6d5f9c-x2x4z") == "hub-6d5f9c-x2x4z"
    assert "canary" not in guard.published_name("canary-volume-6d5f9c")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "Unschedulable, 0/2 nodes are available: 2 Insufficient cpu.",
            "Unschedulable, not enough CPU on the nodes",
        ),
        (
            'ErrImagePull, Failed to pull image "canary": canary: not found',
            "ErrImagePull, something that it names",
        ),
        ("canary said no", UNSAID),
    ],
)
def test_reasons_of_pods_keep_the_word_of_kubernetes(reason: str, said: str, guard: Guard) -> None:
    assert guard.published_reason(reason).startswith(said)
