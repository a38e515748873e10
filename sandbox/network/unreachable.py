"""The error of a connection that the internet would not establish, shared by the proxy and the hub's edge."""

from __future__ import annotations


class Unreachable(Exception):  # noqa: N818 - no failure of the sandbox: clients are meant to see it
    """A name that does not exist, or a port on which nothing answers.

    Attributes:
        status: of the response that an HTTP proxy sends.

    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
