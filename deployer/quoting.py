"""Says of a text that followed from HELM_VALUES what it is about and which rule it names, and nothing else.

Helm, the API server and Azure quote values: whole, shortened, joined, as Go prints them, in base64. No list
of forms is ever complete, so nothing of such a text is taken over. Rules are our own words; words of a path
are shown if the chart has them, which everybody can read. The text itself is kept nowhere.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

UNSAID = "the reason may quote HELM_VALUES, so it is not shown"
HIDDEN = "…"

# The types of values, as schemas, Go and the API server name them.
_TYPES = {
    "array": "a list",
    "bool": "true or false",
    "boolean": "true or false",
    "float64": "a number",
    "int": "a whole number",
    "int32": "a whole number",
    "int64": "a whole number",
    "integer": "a whole number",
    "list": "a list",
    "map": "a mapping",
    "null": "null",
    "number": "a number",
    "numeric": "a number",
    "object": "a mapping",
    "string": "text",
    "struct": "a mapping",
}
_TYPE = "|".join(_TYPES)
_PATH = r"(?P<path>\.?[A-Za-z][\w.-]*(?:\[[^\]\n]*\][\w.-]*)*)"
# What says that something is wrong at a path, and the rule in our words; `{0}` is a type. Few runs need these
# expressions, so they are not compiled at every start.
_AT_A_PATH = (
    (rf"{_PATH}: expected (?P<type>{_TYPE})\b", "expected {0}"),
    (rf"{_PATH}: got \w+, want (?P<type>{_TYPE})\b", "expected {0}"),
    (rf"Go struct field {_PATH} of type \S*?(?P<type>{_TYPE})?\b", "has the wrong type"),
    (rf"invalid type for {_PATH}: got \S+ expected \"(?P<type>{_TYPE})\"", "expected {0}"),
    (rf"{_PATH}: field not declared in schema", "is no field of this object"),
    (rf"unknown field \"{_PATH}\"", "is no field of this object"),
    (rf"{_PATH}: Invalid value\b", "has an invalid value"),
    (rf"{_PATH}: Required value\b", "is missing"),
    (rf"{_PATH}: Forbidden\b", "is forbidden"),
    (rf"{_PATH}: Unsupported value\b", "has a value that is not supported"),
    (rf"{_PATH}: Duplicate value\b", "is there twice"),
    (rf"{_PATH}: Too (?:long|many)\b", "is too long"),
    (rf"<{_PATH}>: wrong type for value; expected (?P<type>{_TYPE})\b", "expected {0}"),
    (rf"<{_PATH}>: nil pointer evaluating", "is missing"),
    (rf"<{_PATH}>: can't evaluate field", "has the wrong type"),
    (rf"<{_PATH}>: range can't iterate over", "expected a list or a mapping"),
)
# What is said without a path, and the same in our words.
_RULES = (
    (r"is not ready|not ready", "not ready"),
    (r"context deadline exceeded|timed out waiting", "not ready in time"),
    (r"connection refused", "connection refused"),
    (r"connection reset|broken pipe|\bEOF\b", "connection reset"),
    (r"no such host|server misbehaving", "a host name does not resolve"),
    (r"i/o timeout|TLS handshake timeout", "no answer in time"),
    (r"too many requests", "too many requests"),
    (
        r"internal server error|status(?: code)?:? 5\d\d|etcdserver|bad gateway|service unavailable",
        "server error",
    ),
    (r"another operation \(install/upgrade/rollback\) is in progress", "another operation is in progress"),
    (
        r"invalid ownership metadata|cannot be imported into the current release",
        "an object belongs to others",
    ),
    (r"already exists", "an object exists already"),
    (r"failed calling webhook", "a webhook does not answer"),
    (r"denied the request", "a webhook of the cluster refuses it"),
    (r"incompatible with Kubernetes", "the chart is incompatible with this version of Kubernetes"),
    (
        r"YAML parse error|error converting YAML to JSON|did not find expected",
        "a rendered object is not YAML",
    ),
    (r"execution error at|error calling|executing \"", "a template of the chart refuses the values"),
    (r"Insufficient cpu", "not enough CPU on the nodes"),
    (r"Insufficient memory", "not enough memory on the nodes"),
    (r"Insufficient ephemeral-storage", "not enough disk on the nodes"),
    (r"didn't match Pod's node affinity|node affinity/selector", "no node with the wanted labels"),
    (r"untolerated taint", "no node without taints"),
    (r"Too many pods", "too many pods on the nodes"),
    (r"unbound immediate PersistentVolumeClaims", "its volume is not there"),
    (
        r"manifest unknown|: not found|404 Not Found|repository does not exist",
        "something that it names is not there",
    ),
    (r"invalid reference format|InvalidImageName", "the name of an image is wrong"),
    (r"unauthorized|authentication required|401 Unauthorized", "a registry refuses the login"),
    (r"exceeded quota", "a quota of the namespace is used up"),
    (r"is invalid", "an object is invalid"),
    (r"is forbidden", "the cluster forbids it"),
)
_FILE = re.compile(
    r"(?:\(|template: )(?P<file>[\w.-]+/(?:charts/[\w.-]+/)*templates/[\w./-]+):(?P<line>\d+):"
)
_KIND = re.compile(
    r"\b(?P<kind>[A-Z][A-Za-z]+)\.?[a-z.0-9]* \"[^\"]*\" is (?:invalid|forbidden)"
    r"|Kind=(?P<other>[A-Z][A-Za-z]+)\b"
)
# What Kubernetes gives as the reason of a state or an event, in one word.
_REASONS = (
    "BackOff ContainerCreating ContainersNotReady CrashLoopBackOff CreateContainerConfigError "
    "CreateContainerError DeadlineExceeded ErrImageNeverPull ErrImagePull Error Evicted Failed "
    "FailedAttachVolume FailedCreate FailedCreatePodSandBox FailedMount FailedScheduling ImagePullBackOff "
    "InvalidImageName NetworkNotReady OOMKilled Pending PodInitializing ProvisioningFailed "
    "RunContainerError StartError Unhealthy Unknown Unschedulable"
)
_REASON = re.compile(rf"(?P<reason>{'|'.join(_REASONS.split())})(?=,|:|$|\s)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_SHORTEST_COMPARED = 3
MOST_SHOWN = 3


class Guard:
    """Knows HELM_VALUES, and the words of charts."""

    def __init__(self) -> None:
        self._values: Mapping[str, Any] = {}
        self._words: frozenset[str] = frozenset()

    def watch(self, values: Mapping[str, Any]) -> None:
        """Guard these HELM_VALUES from now on."""
        self._values = values

    def learn(self, words: frozenset[str]) -> None:
        """Show these words in paths, because a chart has them."""
        self._words |= words

    @property
    def watches(self) -> bool:
        """Whether there are HELM_VALUES."""
        return bool(self._values)

    def path(self, keys: list[str]) -> str:
        """Return a path, in which a key that the chart does not know is shown by its place."""
        shown, here = "", self._values
        for key in keys:
            shown += self._step(key, here)
            here = _inside(here, key)
        return shown.lstrip(".")

    def unknown_key(self, keys: list[str], unknown: str) -> str:
        """Return what is wrong with a key that the chart does not know, without naming it."""
        likely = get_close_matches(unknown, sorted(self._words), n=1, cutoff=0.8)
        meant = f"; did you mean {likely[0]}?" if likely else ""
        return f"{self.path([*keys, unknown]) or HIDDEN}: the chart has no such key{meant}"

    def published(self, text: str) -> str:
        """Return paths and rules of a text of helm or the API server."""
        found = list(dict.fromkeys(self._findings(text)))[:MOST_SHOWN]
        if not found:
            return UNSAID
        place = _FILE.search(text)
        where = (
            f" ({place['file']}, line {place['line']})" if place and self._has_words(place["file"]) else ""
        )
        return f"{'; '.join(found)}{where}"

    def published_reason(self, reason: str) -> str:
        """Return the reason of an obstacle: the word of Kubernetes, and the rules that its message names."""
        word = _REASON.match(reason)
        rules = list(_rules_in(reason))[:MOST_SHOWN]
        return ", ".join([*([word["reason"]] if word else []), *rules]) or UNSAID

    def published_name(self, name: str) -> str:
        """Return the name of an object, unless HELM_VALUES have a part of it."""
        return "an object named by HELM_VALUES" if self.quotes(name) else name

    def quotes(self, text: str) -> bool:
        """Return whether a text has a value of HELM_VALUES in it as it is."""
        lowered = text.lower()
        return any(value in lowered for value in _scalars(self._values))

    def _findings(self, text: str) -> Iterator[str]:
        kind = _KIND.search(text)
        named = (kind["kind"] or kind["other"]) if kind else ""
        about = f"{named}, " if named and self._has_words(named) else ""
        located = False
        for pattern, rule in _AT_A_PATH:
            for match in re.finditer(pattern, text):
                located = True
                yield f"{about}{self._located(match['path'])}: {rule.format(_type_in(match))}"
        if not located:
            yield from _rules_in(text)

    def _located(self, path: str) -> str:
        """Return the place in HELM_VALUES that a path comes from; else the path in its known words."""
        keys = [key for key in re.sub(r"\[[^\]]*\]", ".*", path).removeprefix(".Values").split(".") if key]
        best = _places_like(keys, self._values)
        if len(best) == 1:
            return self.path(best[0])
        return ".".join(HIDDEN if key == "*" or key not in self._words else key for key in keys)

    def _step(self, key: str, here: Any) -> str:
        if key.startswith("["):
            return key
        if key in self._words:
            return f".{key}"
        place = list(here).index(key) + 1 if isinstance(here, dict) and key in here else None
        return f".{HIDDEN}" if place is None else f".<key {place}>"

    def _has_words(self, text: str) -> bool:
        return all(word in self._words or word.lower() in self._words for word in _WORD.findall(text))


GUARD = Guard()
"""Guards the HELM_VALUES of this process."""


def words_in(text: str) -> frozenset[str]:
    """Return the words of a file of a chart, and what the words with dashes and underscores consist of."""
    words = frozenset(re.findall(r"[A-Za-z][\w-]*", text))
    return words.union(*map(_WORD.findall, words))


def _rules_in(text: str) -> Iterator[str]:
    return (rule for pattern, rule in _RULES if re.search(pattern, text))


def _inside(here: Any, key: str) -> Any:
    if isinstance(here, dict):
        return here.get(key)
    number = key.strip("[]")
    return (
        here[int(number)] if isinstance(here, list) and number.isdigit() and int(number) < len(here) else None
    )


def _type_in(match: re.Match[str]) -> str:
    found = match.groupdict().get("type")
    return _TYPES.get(found or "", "another type")


def _scalars(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        for value in values.values():
            yield from _scalars(value)
    elif isinstance(values, list):
        for value in values:
            yield from _scalars(value)
    # An object's name may have been cut off at 63 characters.
    elif len(text := str(values).lower()[:20]) >= _SHORTEST_COMPARED and values not in (None, True, False):
        yield text


def _places_like(keys: list[str], values: Mapping[str, Any]) -> list[list[str]]:
    """Return the paths in values whose ends are most like the end of a path of an object."""
    rated = [(_likeness(path, keys), path) for path in _paths(values, [])]
    most = max((rate for rate, _ in rated), default=0)
    return [path for rate, path in rated if rate == most] if most else []


def _paths(values: Any, above: list[str]) -> Iterator[list[str]]:
    parts: Iterator[tuple[str, Any]] = iter(())
    if isinstance(values, dict):
        parts = iter(values.items())
    elif isinstance(values, list):
        parts = ((f"[{number}]", value) for number, value in enumerate(values))
    for key, value in parts:
        yield [*above, key]
        yield from _paths(value, [*above, key])


def _likeness(path: list[str], keys: list[str]) -> int:
    """Return how many steps are alike from the end, as in `extraVolumes[0].secret`, `volumes[…].secret`."""
    count = 0
    for ours, theirs in zip(reversed(path), reversed(keys), strict=False):
        alike = theirs == "*" if ours.startswith("[") else ours.lower().endswith(theirs.lower())
        if not alike:
            break
        count += 1
    return count
