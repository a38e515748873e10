"""Stands in for the sign-in of GitHub and Microsoft Entra, and for the sessions that answer to the hub.

A browser says by a header who sits before it. Answers have the form that oauthenticator reads.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import jwt
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

PERSON = "X-Person"
NO_CONTENT, NOT_FOUND = 204, 404


@dataclass
class People:
    """Who exists.

    Attributes:
        claims: of Entra's tokens, by person.
        members: logins, by organisation and `organisation:team` on GitHub.

    """

    claims: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)


def application(people: People) -> Starlette:
    """Return the application that answers."""

    async def authorize(request: Request) -> Response:
        """Send the person who signs in back, with a code that names them."""
        query = request.query_params
        back = urlencode({"code": request.headers[PERSON], "state": query["state"]})
        return RedirectResponse(f"{query['redirect_uri']}?{back}", status_code=302)

    async def github_token(request: Request) -> Response:
        form = await _form(request)
        return JSONResponse({"access_token": form["code"], "token_type": "bearer", "scope": "read:org"})

    async def github_user(request: Request) -> Response:
        login = request.headers["Authorization"].split()[1]
        return JSONResponse({"login": login, "id": len(login), "email": None})

    async def member(request: Request) -> Response:
        path = request.path_params
        group = ":".join(filter(None, (path["organisation"], path.get("team"))))
        known = path["login"] in people.members.get(group, ())
        return Response(status_code=NO_CONTENT if known else NOT_FOUND)

    async def entra_token(request: Request) -> Response:
        form = await _form(request)
        claims = {"aud": form["client_id"], "name": "A Name", **people.claims[form["code"]]}
        token = jwt.encode(claims, "the key of the tenant, 32 bytes long", algorithm="HS256")
        return JSONResponse({"access_token": "opaque", "token_type": "Bearer", "id_token": token})

    async def session(_request: Request) -> Response:
        return Response("A session")

    organisations = "/orgs/{organisation}"
    return Starlette(
        routes=[
            Route("/login/oauth/authorize", authorize),
            Route("/login/oauth/access_token", github_token, methods=["POST"]),
            Route("/user", github_user),
            Route(organisations + "/members/{login}", member),
            Route(organisations + "/teams/{team}/members/{login}", member),
            Route("/{tenant}/oauth2/authorize", authorize),
            Route("/{tenant}/oauth2/token", entra_token, methods=["POST"]),
            Route("/user/{rest:path}", session),
        ]
    )


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode()))


@contextmanager
def served(people: People) -> Iterator[int]:
    """Serve the application on the loopback interface; yield its port."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(application(people), port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        thread.join()
