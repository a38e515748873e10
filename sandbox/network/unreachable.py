"""What becomes of a connection that the internet would not make."""

from __future__ import annotations


class Unreachable(Exception):  # noqa: N818 - not an error of the sandbox: the answer is the point
    """A name that leads nowhere, or a port that nobody answers.

    Attributes:
        status: what an HTTP proxy answers in its place.

    """

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
