"""What an ACME server answers instead of a certificate (RFC 8555, section 6.7)."""

from __future__ import annotations

BAD_REQUEST, FORBIDDEN, NOT_FOUND, TOO_MANY_REQUESTS = 400, 403, 404, 429
PREFIX = "urn:ietf:params:acme:error:"


class AcmeProblem(Exception):  # noqa: N818 - ACME's own word for it
    """A refusal, as cert-manager writes it into its objects.

    Args:
        kind: ACME's name for it, `rateLimited`.
        detail: for people.
        status: of the HTTP answer.

    """

    def __init__(self, kind: str, detail: str, status: int = BAD_REQUEST) -> None:
        super().__init__(f"{status} {PREFIX}{kind}: {detail}")
        self.kind = kind
