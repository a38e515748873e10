"""Secrets are masked in every text, in every form that programs write them in."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from deployer.redaction import MASK, SHORTEST_SECRET, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = "\"'\\/<>&+=?%#~ \n\r\t\0\x7fé\u2028😀{}[]$`:;,|*"
SECRETS = st.text(
    st.sampled_from(HOSTILE) | st.characters(exclude_categories=["Cs"]), min_size=SHORTEST_SECRET, max_size=30
).filter(lambda text: len(text.strip().strip("*")) >= SHORTEST_SECRET)
LOWER_CASE_HEX = {f"%{code:02X}": f"%{code:02x}" for code in range(256)}


def lower_hex(text: str) -> str:
    for upper, lower in LOWER_CASE_HEX.items():
        text = text.replace(upper, lower)
    return text


def go_quoted(text: str) -> str:
    """Return text as `%q` writes what has no character that Go cannot print."""
    return json.dumps(text, ensure_ascii=False)[1:-1].replace("\\u0000", "\\x00").replace("\x7f", "\\x7f")


FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "JSON": lambda text: json.dumps(text)[1:-1],
    "JSON in Unicode": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "Python": lambda text: repr(f"{text}x")[1:-2],
    "HTML": html.escape,
    "HTML without quotes": lambda text: html.escape(text, quote=False),
    "HTML by Go": lambda text: html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;"),
    "URL": lambda text: quote(text, safe=""),
    "path": quote,
    "form": quote_plus,
    "URL, lower case": lambda text: lower_hex(quote(text, safe="")),
    "form, lower case": lambda text: lower_hex(quote_plus(text)),
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "base64 in base64": lambda text: base64.b64encode(base64.b64encode(text.encode())).decode(),
    "base64 of JSON": lambda text: base64.b64encode(json.dumps(text)[1:-1].encode()).decode(),
    "one line": lambda text: " ".join(text.split()),
}


def cleaned(text: str, *secrets: str) -> str:
    redactor = Redactor()
    for secret in secrets:
        redactor.hide(SecretStr(secret))
    return redactor.clean(text)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=40)
@given(secret=SECRETS, before=st.text(max_size=10), after=st.text(max_size=10))
def test_a_secret_is_masked_in_every_form(form: str, secret: str, before: str, after: str) -> None:
    written = FORMS[form](secret)
    if len(written) >= SHORTEST_SECRET:
        assert written not in cleaned(f"{before} {written} {after}", secret).replace(MASK, "")


@given(
    secret=st.text(st.sampled_from("\"\\<é\n\t\0\x7f/+' ="), min_size=8).filter(
        lambda text: text.strip() == text
    )
)
def test_a_secret_is_masked_as_go_quotes_it(secret: str) -> None:
    assert cleaned(f"got {go_quoted(secret)}!", secret).replace(MASK, "") == "got !"


@given(secret=st.text(min_size=12, max_size=40), before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_nearly_all_of_a_secret_is_masked_in_the_base64_of_more_text(
    secret: str, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    # What is left of the secret shares characters with its neighbours: two bytes at most.
    left = cleaned(encoded, secret).replace(MASK, "")
    assert len(left) <= len(encoded) - (len(secret.encode()) - 2) * 8 // 6


def test_the_login_of_a_registry_is_masked_where_kubernetes_keeps_it() -> None:
    login = base64.b64encode(b"user:canary-7f3a-canary-7f3a").decode()
    config = json.dumps({"auths": {"example.azurecr.io": {"auth": login}}})
    kept = base64.b64encode(config.encode()).decode()
    left = cleaned(kept, "canary-7f3a-canary-7f3a")
    assert MASK in left
    assert base64.b64encode(login.encode()).decode()[16:-8] not in left


def test_each_line_of_a_key_is_masked_and_all_of_them_joined() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIBVAIBADANBgkqhki\nBAQEFAASCAT4wggE6\n-----END PRIVATE KEY-----\n"
    for written in (
        key,
        *key.split("\n")[1:3],
        " ".join(key.split()),
        key.replace("\n", "\\n"),
        json.dumps(key),
    ):
        assert "MII" not in cleaned(f"got {written}", key)
        assert "BAQ" not in cleaned(f"got {written}", key)


def test_a_secret_within_another_does_not_leave_the_rest_of_it() -> None:
    assert cleaned("is abcdefghijkl", "abcdefgh", "abcdefghijkl") == f"is {MASK}"


def test_text_without_secrets_stays_as_it_is() -> None:
    redactor = Redactor()
    redactor.hide(None)
    redactor.hide(SecretStr(""))
    redactor.hide(SecretStr("done"))
    assert redactor.clean("nothing is done to hide") == "nothing is done to hide"


def test_texts_keys_and_numbers_in_the_users_own_values_are_masked() -> None:
    redactor = Redactor()
    redactor.hide_values(
        {
            "singleuser": 0,
            "a-secret-key-7f3a": ["very-secret-value", 5, 8675309042, True, "short", 12345678.5],
        }
    )
    shown = "singleuser a-secret-key-7f3a very-secret-value 5 8675309042 8.675309042e+09 short 12345678.5"
    assert redactor.clean(shown) == f"singleuser {MASK} {MASK} 5 {MASK} {MASK} short {MASK}"


def test_names_of_the_hub_are_no_secrets_even_where_the_users_values_have_them() -> None:
    redactor = Redactor()
    url = "https://demo.westeurope.cloudapp.azure.com"
    redactor.hide_values({"a": url, "b": "westeurope", "c": "cloudapp.azure.com", "d": f"{url}/secret-path"})
    redactor.show([url, None])
    assert redactor.clean(f"at {url}, {url}/secret-path") == f"at {url}, {MASK}"
