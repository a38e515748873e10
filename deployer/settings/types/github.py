"""Names on GitHub as people paste them: repositories, organisations, teams and users, also as addresses."""

from __future__ import annotations

import re

from deployer.settings.types.validation import refusal

# As browsers and Git write it.
_ADDRESS = re.compile(
    r"^(?:git@github\.com:|(?:(?:ssh|git|https?)://)?(?:git@|www\.)?github\.com/)", re.IGNORECASE
)
# A link of a BinderHub, or the part of one that names the repository.
_LAUNCH_LINK = re.compile(r"^(?:https?://[^/]+/(?:.*/)?v2/gh/|/?(?:v2/)?gh/(?=[^/]+/[^/]))", re.IGNORECASE)
_PART = re.compile(r"[\w.*-]+")
_TEAM = re.compile(r"(?:orgs/(?P<of>[^/]+)/teams/|@?(?P<organisation>[^/@:]+)/)(?P<team>[^/]+)")
_ORGANISATION = re.compile(
    r"(?:orgs/)?@?(?P<organisation>[^/@]+)(?:/(?:repositories|people|teams|dashboard))?"
)

LOGIN = re.compile(r"(?=.{1,39}$)[a-z0-9][a-z0-9-]*(?:_[a-z0-9]+)?", re.IGNORECASE)
"""A user name; those that an enterprise manages end with an underscore and its short code (`jane_acme`)."""

GROUP = re.compile(r"(?=[^:]{1,39}(?::|$))[a-z0-9][a-z0-9-]*(?::[a-z0-9_-]+)?", re.IGNORECASE)
"""An organisation, or one of its teams as `organisation:team`, both as addresses have them."""

# `$` at the end of an expression, but none that is escaped.
_ENDS = re.compile(r"(?<!\\)(?:\\\\)*\$\)*$")
_CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
# Of an expression: what comes before the owner in an address.
_BEFORE_OWNER = re.compile(r"\^[(?:]*(?:https?|git@|(?:www\\?\.)?github\\?\.com)")


def without_address(text: str) -> str:
    """Return text without the part of an address that comes before the owner."""
    return _ADDRESS.sub("", text)


def repository_pattern(text: str) -> str:
    """Accept `owner/name`, where `*` stands for any text, a regular expression (`^…`), or an address.

    Raises:
        PydanticCustomError: no repository can be meant by it.

    """
    if text.startswith("^"):
        return _expression(text)
    rest = _LAUNCH_LINK.sub("", without_address(text))
    parts = re.split(r"[?#]", rest)[0].strip("/").removesuffix(".git").split("/")
    if parts == ["*"]:
        raise refusal(
            "must list repositories, and * alone names none.",
            "Write */* for all of GitHub, or leave it empty for all repositories everywhere.",
        )
    if not all(map(_PART.fullmatch, parts)):
        raise refusal("must list repositories.", "Write them as owner/name or owner/*, separated by commas.")
    if len(parts) == 1:
        raise refusal(
            f"must list repositories, and {parts[0]} is an owner.",
            f"Write {parts[0]}/* for all its repositories, or {parts[0]}/name for one.",
        )
    owner, name = parts[0], parts[1].removesuffix(".git")
    if len(parts) > 2 and "." in owner:  # noqa: PLR2004 - owner and name
        raise refusal(
            f"contains a repository on {owner}, which is not GitHub.",
            f"Write git:https://{'/'.join(parts[:3])} for a server of Git.",
        )
    if len(parts) > 2 and rest == text:  # noqa: PLR2004 - owner and name
        raise refusal(
            "contains a branch or a path: all branches of a repository are allowed together.",
            f"Write {owner}/{name}.",
        )
    return f"{owner}/{name}"


def organisation(text: str) -> str:
    """Return an organisation or a team, from its name, its address or a mention (`@organisation/team`)."""
    rest = re.split(r"[?#]", without_address(text))[0].rstrip("/")
    if team := _TEAM.fullmatch(rest):
        if team["team"] in {"repositories", "people", "teams", "dashboard"}:
            return team["organisation"] or team["of"]
        if team["organisation"] != "orgs":
            return f"{team['of'] or team['organisation']}:{team['team']}"
    found = _ORGANISATION.fullmatch(rest)
    return found["organisation"] if found else text


def slug(text: str) -> str:
    """Return the name in the address of a team or an organisation for the name that pages show."""
    parts = (re.sub(r"[^a-z0-9_]+", "-", part.lower()).strip("-") for part in text.split(":", 1))
    return ":".join(parts)


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise refusal("contains a regular expression that is not valid.", "Write owner/* instead.") from None
    if _BEFORE_OWNER.match(text) or (_ENDS.search(text) and not _reaches_reference(text)):
        raise refusal(
            "contains a regular expression that no repository can match.",
            "It is compared with the start of owner/name/reference: write owner/name, or ^owner/name/.",
        )
    return text


def _reaches_reference(expression: str) -> bool:
    """Return whether an expression that ends with `$` may match a path of three parts."""
    if re.search(r"\\[SWD]", expression):
        return True
    bare = re.sub(r"\\.", "", expression.replace(r"\/", "/"))
    classes, outside = _CLASS.findall(bare), _CLASS.sub("", bare)
    return (
        outside.count("/") >= 2  # noqa: PLR2004 - between three parts
        or "." in outside
        or any(each.startswith("[^") and "/" not in each for each in classes)
    )
