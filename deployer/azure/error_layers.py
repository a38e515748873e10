"""Finds the errors that are nested in an answer of Azure, or in the text of an event of a cluster.

Errors come wrapped (`{"error": {…}}`), unwrapped (AKS), nested in `details`, as JSON inside a message
(template deployments), and quoted by AKS and by the controllers of a cluster inside plain text:
`Code="X" Message="…"`, `SubCode: X`, `Details: [{"code": "X", …`, `ERROR CODE: X`. The innermost error is the
one that counts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from azure.identity import CredentialUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from azure.core.exceptions import AzureError as SdkError

_ENTRA_CODE = re.compile(r"AADSTS\d+")
_ENTRA_TAIL = re.compile(r"\s*(Trace ID|Correlation ID|Timestamp): \S+( \S+Z)?", re.IGNORECASE)

# Text that was quoted several times has a backslash, or many, before each of these.
_ESCAPED_QUOTE, _ESCAPED_SPACE = re.compile(r"\\+([\"'/])"), re.compile(r"\\+[rnt]")
# The ways in which an error is quoted inside the text of another one. The messages are looked ahead for, not
# consumed: they may quote errors again.
_QUOTED = re.compile(
    r"""
    "code"\s*:\s*"(?P<json>\w+)"
        (?: (?= (?:\s*,\s*"\w+"\s*:\s*(?:null|\[\s*\]|"[^"]*"))*?
                \s*,\s*"message"\s*:\s*"(?P<json_text>.*?)"\s*(?:,\s*"\w+"\s*:|[}\]]|$) ) | )
    | \bCode="(?P<go>\w+)" (?: (?= \s+Message="(?P<go_text>.*?)" (?:\s|\.\s|$) ) | )
    | \bSubCode:\s*(?P<subcode>\w+)
    | \bERROR\ CODE:\s*(?P<response>\w+)
    | \(Code:\s*(?P<bracketed>\w+)\)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
# Ids that only repeat what the rest of the answer says.
_POLICY_IDS = re.compile(r"\s*Policy identifiers:.*", re.DOTALL)


@dataclass(frozen=True)
class Layer:
    """One of several nested errors.

    Attributes:
        code: the error code, empty where there is none.
        text: the error message.
        context: more text that belongs to the error and is not shown: names of policies, for example.

    """

    code: str
    text: str
    context: str = ""


# The nested errors from the outermost to the innermost, at least one.
Chain = tuple[Layer, ...]


def chains_of(error: SdkError) -> list[Chain]:
    """Return a chain for each error in an answer: an answer can report several side by side."""
    if not isinstance(error, HttpResponseError):
        return [(Layer("ServiceUnreachable", tidy(error.message)),)]
    node = _body(error)
    if not _is_error(node):
        return [(_without_body(error),)]
    return list(_chains_below(node, ()))


def chain_in(text: str, code: str = "") -> Chain:
    """Return the error of a text and those that it quotes.

    Args:
        text: the error message.
        code: its error code, if there is one.

    """
    return Layer(code, tidy(text)), *_quoted_in(text)


def tidy(text: object) -> str:
    """Return a text as one line, without the trace ids of Entra."""
    return " ".join(_ENTRA_TAIL.sub("", str(text)).split())


def _chains_below(node: dict[str, Any], outer: Chain) -> Iterator[Chain]:
    """Yield the chains of an error and of the errors in its details."""
    inside_text = _unwrapped(_json_object(str(node.get("message") or "")))
    here = outer if _is_error(inside_text) else (*outer, *_layers_of_node(node))
    inner = [inside_text, *(_unwrapped(each) for each in node.get("details") or ())]
    errors = [each for each in inner if _is_error(each)]
    if not errors:
        yield here
    for each in errors:
        yield from _chains_below(each, here)


def _layers_of_node(node: dict[str, Any]) -> Iterator[Layer]:
    text = str(node.get("message") or "")
    info = [each for each in node.get("additionalInfo") or () if isinstance(each, dict)]
    yield Layer(str(node.get("code") or ""), tidy(text), json.dumps(info) if info else "")
    # AKS puts a more specific code there.
    if node.get("subcode"):
        yield Layer(str(node["subcode"]), tidy(text))
    yield from _quoted_in(text)


def _quoted_in(text: str) -> list[Layer]:
    """Return the errors that a text quotes, each once, in the order of the text: the innermost comes last."""
    plain = _ESCAPED_SPACE.sub(" ", _ESCAPED_QUOTE.sub(r"\1", text))
    found = [_quoted_layer(match, plain) for match in _QUOTED.finditer(plain)]
    # The same error is often quoted twice, once by its code alone.
    return [_longest(list(same)) for _, same in groupby(found, key=attrgetter("code"))]


def _quoted_layer(match: re.Match[str], plain: str) -> Layer:
    code = next(value for name, value in match.groupdict().items() if value and not name.endswith("_text"))
    text = match["json_text"] or match["go_text"]
    rest = plain[match.start() :]
    return Layer(code, tidy(_POLICY_IDS.sub("", text)) if text else "", tidy(rest))


def _longest(layers: Sequence[Layer]) -> Layer:
    """Return the first layer that has a text; the surrounding text is shown where none has."""
    with_text = next((each for each in layers if each.text), None)
    return with_text or Layer(layers[0].code, layers[0].context)


def _without_body(error: HttpResponseError) -> Layer:
    """Return an error whose body is no JSON error: from Entra, blob storage or a proxy."""
    text = tidy(error.message)
    entra = _ENTRA_CODE.search(text)
    if entra:
        return Layer(entra[0], text[entra.start() :])
    if isinstance(error, CredentialUnavailableError):
        return Layer("CredentialUnavailable", text)
    storage_code = getattr(error, "error_code", None)
    return Layer(str(getattr(storage_code, "value", storage_code) or f"HTTP {error.status_code}"), text)


def _body(error: HttpResponseError) -> dict[str, Any]:
    try:
        text = error.response.text() if error.response is not None else ""
    except Exception:  # noqa: BLE001 - a body that was never read raises whatever its transport does
        text = ""
    return _unwrapped(_json_object(str(text)))


def _unwrapped(node: Any) -> dict[str, Any]:
    if not isinstance(node, dict):
        return {}
    inner = node.get("error")
    return inner if isinstance(inner, dict) else node


def _is_error(node: dict[str, Any]) -> bool:
    return bool(node.get("code"))


def _json_object(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
