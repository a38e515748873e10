"""Types of text settings that are not about Azure: addresses, names on GitHub and Docker Hub."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, SecretStr

from deployer.redaction import SHORTEST_SECRET
from deployer.settings.types import github
from deployer.settings.types.validation import close_to, either, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

Choice = TypeVar("Choice", bound=StrEnum)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_REPOSITORY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})/[A-Za-z0-9._-]{1,100}")
_DOCKER_NAMESPACE = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_IMAGE_PREFIX = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\.|_|__|-+)?")
# 253 characters for a host name, less "binder." and some reserve.
LONGEST_DOMAIN = 240
LONGEST_IMAGE_PREFIX = 60


def plain_text(value: Any) -> str:
    """Accept one line of text.

    Raises:
        PydanticCustomError: for anything else, also a JSON number: it has lost its zeros (1.30 -> 1.3).

    """
    if not isinstance(value, str):
        raise refusal("must be text.", 'Put it in quotes: "…".')
    text = value.strip()
    if not text.isprintable():
        raise refusal("must be one line without control characters.", "Type it again, without line breaks.")
    return text


def secret_text(value: Any) -> SecretStr:
    """Accept a secret, without the white space around it that is easily pasted with it."""
    secret = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(secret, str):
        raise refusal("must be text.", "Put it in quotes.")
    if not secret.strip().isprintable():
        raise refusal("must be one line without control characters.", "Copy the secret again.")
    if len(secret.strip()) < SHORTEST_SECRET:
        raise refusal(
            f"is shorter than {SHORTEST_SECRET} characters: it could be guessed, and masking it in what the "
            "deployer says would garble ordinary words.",
            "Copy the whole secret, or make a longer one.",
        )
    return SecretStr(secret.strip())


def choice(kind: type[Choice]) -> Callable[[Any], Choice]:
    """Return a validator that accepts the values of `kind` in any case."""

    def chosen(value: Any) -> Choice:
        text = plain_text(value)
        for member in kind:
            if member.value.lower() == text.lower():
                return member
        remedy = close_to(text.lower(), [member.value for member in kind])
        raise refusal(f"must be {either(member.value for member in kind)}.", remedy or "Write one of these.")

    return chosen


def email_address(value: Any) -> str:
    """Accept an e-mail address (RFC 5321, but without quoted names, which few providers accept)."""
    address = plain_text(value)
    local, _, domain = address.rpartition("@")
    if len(address) > 254 or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain.lower()):  # noqa: PLR2004 - RFC 5321
        raise refusal("is not an e-mail address.", "Write one like name@example.org.")
    return f"{local}@{domain.lower()}"


def domain_name(value: Any) -> str:
    """Accept a domain below which `binder` and `hub` can be put."""
    domain = plain_text(value).lower().removesuffix(".")
    if "://" in domain or "/" in domain:
        raise refusal("must be a domain, not a URL.", "Leave out https:// and what follows the domain.")
    if not _DOMAIN.fullmatch(domain) or len(domain) > LONGEST_DOMAIN:
        raise refusal(
            "is not a domain name.",
            "Write one like hub.example.org (letters outside a-z in their xn-- form).",
        )
    return domain


def split_url(text: str) -> SplitResult:
    """Return the parts of a URL; no parts where its host or its port cannot be one."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises ValueError
    except ValueError:
        return urlsplit("")
    return parts


def chart_repository(value: Any) -> str:
    """Accept the URL of a chart repository, without user and password because it is shown."""
    address = split_url(plain_text(value))
    if address.scheme not in {"https", "oci"} or not address.hostname:
        raise refusal(
            "must be the URL of a chart repository.", "Write one that starts with https:// or oci://."
        )
    if address.username or address.password or address.query or address.fragment:
        raise refusal("must not contain a user, a password or a query.", "Use a repository that needs none.")
    return address.geturl().rstrip("/")


def github_repository(value: Any) -> str:
    """Accept owner/name, also as the URL of the repository."""
    name = github.without_address(plain_text(value)).rstrip("/").removesuffix(".git")
    if not _REPOSITORY.fullmatch(name):
        raise refusal("must name a repository on GitHub.", "Write it as owner/name.")
    return name


def docker_namespace(value: Any) -> str:
    """Accept a Docker Hub user or organisation in lower case, as in names of images."""
    name = plain_text(value).lower()
    if "@" in name:
        raise refusal("must be the Docker ID.", "Write the user name, not the e-mail address.")
    if not _DOCKER_NAMESPACE.fullmatch(name):
        raise refusal("is not a name on Docker Hub.", "Write letters and digits only.")
    return name


def image_prefix(value: Any) -> str:
    """Accept the start of image names; it ends with a separator, by default a dash."""
    prefix = plain_text(value).lower()
    if not _IMAGE_PREFIX.fullmatch(prefix) or len(prefix) > LONGEST_IMAGE_PREFIX:
        raise refusal(
            f"must be letters and digits, with single . _ - between, at most {LONGEST_IMAGE_PREFIX} in all.",
            "Write one like binder-.",
        )
    return prefix if prefix[-1] in "._-" else f"{prefix}-"


Text = Annotated[str, BeforeValidator(plain_text)]
Secret = Annotated[SecretStr, BeforeValidator(secret_text)]
EmailAddress = Annotated[str, BeforeValidator(email_address)]
DomainName = Annotated[str, BeforeValidator(domain_name)]
ChartRepository = Annotated[str, BeforeValidator(chart_repository)]
GitHubRepository = Annotated[str, BeforeValidator(github_repository)]
DockerNamespace = Annotated[str, BeforeValidator(docker_namespace)]
ImagePrefix = Annotated[str, BeforeValidator(image_prefix)]
