"""Templates: whatever a value is, the document says just that value."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from pydantic import SecretStr

from deployer.templating import as_yaml, render_documents
from tests.deployer.hubs import acr_of, hub_settings, names_of

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()


@given(scalars | st.lists(scalars))
def test_any_value_is_read_back_as_it_was(value: Any) -> None:
    assert yaml.safe_load(f"key: {as_yaml(value)}\nnext: 1") == {"key": value, "next": 1}


def test_a_secret_is_not_written_by_accident() -> None:
    with pytest.raises(TypeError, match="SecretStr"):
        as_yaml(SecretStr("canary"))


def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        list(render_documents("values/plain_http.yaml.j2"))


def test_a_public_template_cannot_unwrap_secrets() -> None:
    with pytest.raises(Exception, match="No filter named 'secret'"):
        list(render_documents("values/secret.yaml.j2", settings=hub_settings(), registry=acr_of(names_of())))
