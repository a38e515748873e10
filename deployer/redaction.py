"""Masks secrets in every text that leaves a run: the last line of defence.

Messages of the deployer contain no secrets. But messages of helm, Azure and Kubernetes may quote values that
they received.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import yaml
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployer.settings import Settings

MASK = "*****"

# Shorter strings in a values file are ordinary words ("true", "traefik"), not secrets.
SHORTEST_HIDDEN_VALUE = 8


class Redactor:
    """Masks the secrets of a run in text."""

    def __init__(self) -> None:
        self._forms: set[str] = set()

    def hide(self, secret: SecretStr | None) -> None:
        """Mask a secret from now on: as it is, percent-encoded, and in base64 alone or within longer text."""
        if secret is not None and (text := secret.get_secret_value()):
            self._forms |= {text, quote(text, safe=""), *_in_base64(text.encode())}

    def hide_values(self, values: Any) -> None:
        """Mask every longer string or number in values of the user, any of which may be a secret."""
        self._forms |= {text for text in _strings(values) if len(text) >= SHORTEST_HIDDEN_VALUE}

    def hide_settings(self, settings: Settings) -> None:
        """Mask the secrets in the settings, and the strings in HELM_VALUES."""
        for _, value in settings:
            if isinstance(value, SecretStr):
                self.hide(value)
        if settings.helm_values is not None:
            self.hide_values(yaml.safe_load(settings.helm_values.get_secret_value()))

    def clean(self, text: str) -> str:
        """Return the text with every known secret masked."""
        # Longest first: a secret may be part of another form of itself.
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return text


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield the base64 of a secret, alone and in the middle of longer text such as `user:password`.

    A character of base64 stands for 6 bits, so the text before a secret shifts it by 0, 1 or 2 bytes.
    Characters that share bits with the neighbouring text are left out.
    """
    yield base64.b64encode(secret).decode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret).decode()
        inside = encoded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]
        if len(inside) >= SHORTEST_HIDDEN_VALUE:
            yield inside


def _strings(values: Any) -> Iterator[str]:
    if isinstance(values, str | int | float) and not isinstance(values, bool):
        yield str(values)
    elif isinstance(values, dict):
        for value in values.values():
            yield from _strings(value)
    elif isinstance(values, list):
        for value in values:
            yield from _strings(value)
