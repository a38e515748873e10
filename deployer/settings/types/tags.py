"""The type of the setting TAGS, and the names of the tags that the deployer itself puts on every resource."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from deployer.settings.types.validation import refusal

NAME_TAG = "binderhub-name"
CREATED_BY_TAG = "binderhub-created-by"
OUR_TAGS = (NAME_TAG, CREATED_BY_TAG)

# Azure allows 50 tags on a resource.
MAX_TAGS = 50 - len(OUR_TAGS)
MAX_NAME_LENGTH = 128  # on storage accounts; 512 on other resources
MAX_VALUE_LENGTH = 256


def tags(value: Any) -> dict[str, str]:
    """Accept tags as a JSON object, or as `name=value` separated by commas, within the limits of Azure."""
    pairs = _tag_pairs(value)
    names = [name for name, _ in pairs]
    if len(pairs) > MAX_TAGS:
        raise refusal(
            f"has more than {MAX_TAGS} tags.",
            f"Azure allows 50, and the deployer adds {len(OUR_TAGS)}: leave some out.",
        )
    if len({name.lower() for name in names}) < len(names):
        raise refusal("has a tag twice (Azure ignores case in tag names).", "Name each tag once.")
    for name, content in pairs:
        _check_tag(name, content)
    return dict(pairs)


def _tag_pairs(value: Any) -> list[tuple[str, str]]:
    wrong = refusal("must be tags.", 'Write {"name": "value", …} or name=value, name=value.')
    if isinstance(value, str) and value.strip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise wrong from None
    if isinstance(value, dict):
        if not all(isinstance(content, (str, int, float, bool)) for content in value.values()):
            raise wrong
        return [(name.strip(), _as_text(content)) for name, content in value.items()]
    if not isinstance(value, str) or any("=" not in pair for pair in value.split(",") if pair.strip()):
        raise wrong
    split = (pair.partition("=") for pair in value.split(",") if pair.strip())
    return [(name.strip(), content.strip()) for name, _, content in split]


def _as_text(content: Any) -> str:
    return content if isinstance(content, str) else json.dumps(content)


def _check_tag(name: str, content: str) -> None:
    lowered = name.lower()
    if not 1 <= len(name) <= MAX_NAME_LENGTH or len(content) > MAX_VALUE_LENGTH:
        raise refusal(
            f"has a tag with an empty or too long name ({MAX_NAME_LENGTH}) or value ({MAX_VALUE_LENGTH}).",
            "Shorten it.",
        )
    if re.search(r"[<>%&\\?/]", name) or not (name + content).isprintable():
        raise refusal(r"has a tag name with one of < > % & \ ? / or a control character.", "Leave these out.")
    if lowered.startswith(("microsoft", "azure", "windows", "aks-managed")) or lowered in OUR_TAGS:
        raise refusal(
            "has a tag name that is reserved for Azure or the deployer.", "Choose another name for it."
        )


def reaches_addresses_and_disks(content: str) -> bool:
    """Return whether the value of a tag (or its name) can stand where Kubernetes writes tags as `a=b,c=d`."""
    return bool(content) and not re.search("[=,]", content)


Tags = Annotated[dict[str, str], BeforeValidator(tags)]
