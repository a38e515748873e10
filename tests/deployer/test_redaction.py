"""Secrets are masked in every text, in every form that they travel in."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from deployer.redaction import MASK, Redactor

SECRETS = st.text(min_size=4, max_size=40).filter(lambda text: text.strip("*") == text)


@given(secret=SECRETS, before=st.text(max_size=10), after=st.text(max_size=10))
def test_a_secret_is_masked_as_it_is_and_encoded(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.hide(SecretStr(secret))
    for form in (secret, base64.b64encode(secret.encode()).decode(), quote(secret, safe="")):
        assert form not in redactor.clean(f"{before} {form} {after}").replace(MASK, "")


@given(secret=st.text(min_size=12, max_size=40), before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_nearly_all_of_a_secret_is_masked_in_the_base64_of_more_text(
    secret: str, before: bytes, after: bytes
) -> None:
    redactor = Redactor()
    redactor.hide(SecretStr(secret))
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    # What is left of the secret shares characters with its neighbours: two bytes at most.
    left = redactor.clean(encoded).replace(MASK, "")
    assert len(left) <= len(encoded) - (len(secret.encode()) - 2) * 8 // 6


def test_a_secret_within_another_does_not_leave_the_rest_of_it() -> None:
    redactor = Redactor()
    redactor.hide(SecretStr("abcd"))
    redactor.hide(SecretStr("abcdefgh"))
    assert redactor.clean("is abcdefgh") == f"is {MASK}"


def test_text_without_secrets_stays_as_it_is() -> None:
    redactor = Redactor()
    redactor.hide(None)
    redactor.hide(SecretStr(""))
    assert redactor.clean("nothing to hide") == "nothing to hide"


def test_long_strings_and_numbers_in_the_users_own_values_are_masked() -> None:
    redactor = Redactor()
    redactor.hide_values({"config": {"key": ["very-secret-value", 5, 8675309042, True, "short"]}})
    assert redactor.clean("very-secret-value 5 8675309042 short True") == f"{MASK} 5 {MASK} short True"
