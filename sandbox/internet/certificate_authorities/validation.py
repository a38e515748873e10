"""HTTP-01 (RFC 8555, section 8.3): a host proves itself by the answer that the account's key can give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.internet.certificate_authorities.problems import FORBIDDEN, AcmeProblem
from sandbox.internet.certificate_authorities.public_web import NoAnswerError, NoSuchHostError

if TYPE_CHECKING:
    from sandbox.internet.certificate_authorities.orders import Authorization
    from sandbox.internet.certificate_authorities.public_web import PublicWeb

OK = 200


def challenge_address(host: str, token: str) -> str:
    """Return where a host is asked for the answer to a token."""
    return f"http://{host}/.well-known/acme-challenge/{token}"


async def check_host(web: PublicWeb, authorization: Authorization, expected: str) -> None:
    """Ask a host for its answer.

    Args:
        web: the way to it.
        authorization: the host and its token.
        expected: the right answer.

    Raises:
        AcmeProblem: it gave none, or a wrong one.

    """
    name = authorization.name
    url = challenge_address(name, authorization.token)
    try:
        answer = await web.get(url)
    except NoSuchHostError:
        looked_up = (
            "DNS problem: NXDOMAIN looking up {} for {} - check that a DNS record exists for this domain"
        )
        detail = f"{looked_up.format('A', name)}; {looked_up.format('AAAA', name)}"
        raise AcmeProblem("dns", detail) from None
    except NoAnswerError:
        detail = f"Fetching {url}: Timeout during connect (likely firewall problem)"
        raise AcmeProblem("connection", detail) from None
    if answer.status_code != OK:
        raise AcmeProblem("unauthorized", f"Invalid response from {url}: {answer.status_code}", FORBIDDEN)
    if answer.text.strip() != expected:
        detail = (
            "The key authorization file from the server did not match this challenge. "
            f'Expected "{expected}" (got "{answer.text.strip()[:100]}")'
        )
        raise AcmeProblem("unauthorized", detail, FORBIDDEN)
