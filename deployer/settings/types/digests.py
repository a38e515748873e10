"""The type of the setting CHART_DIGESTS: what the content of charts has to be."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.types.validation import refusal

# The versions of the chart of cert-manager have a leading v, those of the others have none.
_CHART = re.compile(r"(binderhub-|traefik-|cert-manager-)v?(\d[\w.+-]*)")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_REMEDY = "Write binderhub-1.0.0=sha256:…, with the 64 characters that sha256sum or helm pull shows."


def chart_digests(value: Any) -> dict[str, str]:
    """Accept digests by chart as a JSON object, or as `chart-version=sha256:…` separated by commas."""
    return {_chart(chart): _digest(digest) for chart, digest in _pairs(value).items()}


def _pairs(value: Any) -> dict[Any, Any]:
    if isinstance(value, str) and value.strip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise refusal("is not JSON.", _REMEDY) from None
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        raise refusal("must be digests of charts.", _REMEDY)
    parts = (part.partition("=") for part in re.split(r"[,\s]+", value) if part)
    return {chart: digest for chart, _, digest in parts}


def _chart(text: Any) -> str:
    match = _CHART.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refusal(
            "names something else than a version of the charts binderhub, traefik and cert-manager.", _REMEDY
        )
    return f"{match[1]}{'v' if match[1] == 'cert-manager-' else ''}{match[2]}"


def _digest(text: Any) -> str:
    match = _DIGEST.fullmatch(text.lower()) if isinstance(text, str) else None
    if match is None:
        raise refusal("has a digest that is no SHA-256.", _REMEDY)
    return f"sha256:{match[1]}"


ChartDigests = Annotated[dict[str, str], BeforeValidator(chart_digests)]
