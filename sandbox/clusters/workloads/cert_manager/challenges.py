"""Challenges: presented by a solver, checked from here, then by the authority."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from sandbox.clusters.kubernetes_api import patch
from sandbox.clusters.workloads.cert_manager.reconciling import RETRY_SECONDS, keep_reconciling
from sandbox.clusters.workloads.cert_manager.requests import FAILURE_STATES
from sandbox.clusters.workloads.cert_manager.resources import CHALLENGES, is_going, list_all, set_status
from sandbox.internet.certificate_authorities.problems import AcmeProblem
from sandbox.internet.certificate_authorities.public_web import NoAnswerError, NoSuchHostError
from sandbox.internet.certificate_authorities.validation import challenge_address

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.clusters.kubernetes_api import Object
    from sandbox.clusters.workloads.cert_manager.accounts import Account, Accounts
    from sandbox.clusters.workloads.cert_manager.solvers import Solvers
    from sandbox.internet.certificate_authorities.public_web import PublicWeb

FINALIZER = "acme.cert-manager.io/finalizer"
FINAL_STATES = {"valid", *FAILURE_STATES}
OK = 200
SHOWN_CHARACTERS = 24
# The self-check is repeated no faster than this, however short the sandbox's minutes are.
SHORTEST_RETRY_SECONDS = 0.25
CLUSTER_DNS = "10.0.0.10:53"


class NotPropagatedError(Exception):
    """The self-check failed; what is written into the challenge."""


class Challenges:
    """Solves challenges.

    Args:
        api: client of the cluster's API.
        clock: how long a check and an authority take.
        web: the way to the hosts that are to be proven.
        accounts: the accounts of issuers.
        solvers: makes what answers.

    """

    def __init__(
        self, api: httpx.AsyncClient, clock: Clock, web: PublicWeb, accounts: Accounts, solvers: Solvers
    ) -> None:
        self._api = api
        self._clock = clock
        self._web = web
        self._accounts = accounts
        self._solvers = solvers
        # When a challenge is to be looked at again, and which are worked on: each by itself, for a while.
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Serve challenges for as long as cert-manager runs."""
        async with asyncio.TaskGroup() as group:

            async def reconcile() -> float | None:
                return await self._reconcile(group)

            await keep_reconciling(self._api, (CHALLENGES.everywhere,), reconcile, self._changed)

    async def _reconcile(self, group: asyncio.TaskGroup) -> float | None:
        challenges = {one["metadata"]["uid"]: one for one in await list_all(self._api, CHALLENGES.everywhere)}
        now = asyncio.get_running_loop().time()
        self._due = {uid: due for uid, due in self._due.items() if uid in challenges and due > now}
        for uid, challenge in challenges.items():
            if uid not in self._busy and uid not in self._due and _is_open(challenge):
                self._busy.add(uid)
                group.create_task(self._work(challenge))
        return min((due - now for due in self._due.values()), default=None)

    async def _work(self, challenge: Object) -> None:
        uid = challenge["metadata"]["uid"]
        try:
            await self._serve(challenge)
        except httpx.HTTPError:
            self._put_off(uid, RETRY_SECONDS)
        finally:
            self._busy.discard(uid)
            self._changed.set()

    def _put_off(self, uid: str, seconds: float) -> None:
        self._due[uid] = asyncio.get_running_loop().time() + seconds

    async def _serve(self, challenge: Object) -> None:
        status = challenge.get("status") or {}
        if is_going(challenge) or status.get("state") in FINAL_STATES:
            await self._clean_up(challenge, status)
        elif not status.get("processing"):
            await self._take(challenge, status)
        else:
            account = await self._accounts.account_of(challenge)
            if account is None:
                self._put_off(challenge["metadata"]["uid"], RETRY_SECONDS)
            else:
                await self._solve(challenge, status, account)

    async def _clean_up(self, challenge: Object, status: Object) -> None:
        """Remove what answered, then let the challenge go."""
        if _has_finalizer(challenge):
            await self._solvers.remove(challenge)
            await patch(self._api, CHALLENGES.path(challenge), {"metadata": {"finalizers": None}})
        if not is_going(challenge):
            done = {**status, "presented": False, "processing": False}
            await set_status(self._api, CHALLENGES, challenge, done)

    async def _take(self, challenge: Object, status: Object) -> None:
        await patch(self._api, CHALLENGES.path(challenge), {"metadata": {"finalizers": [FINALIZER]}})
        taken = {**status, "processing": True, "presented": False, "state": "pending"}
        await set_status(self._api, CHALLENGES, challenge, taken)

    async def _solve(self, challenge: Object, status: Object, account: Account) -> None:
        await self._solvers.ensure(challenge)
        if not status.get("presented"):
            status = {**status, "presented": True}
            await set_status(self._api, CHALLENGES, challenge, status)
        try:
            await self._check(challenge)
        except NotPropagatedError as trouble:
            pause = max(self._clock.seconds("http01.retry"), SHORTEST_RETRY_SECONDS)
            self._put_off(challenge["metadata"]["uid"], pause)
            status = {**status, "reason": f"Waiting for HTTP-01 challenge propagation: {trouble}"}
        else:
            status = await self._accept(challenge, status, account)
        await set_status(self._api, CHALLENGES, challenge, status)

    async def _check(self, challenge: Object) -> None:
        """Ask the host as the authority will.

        Raises:
            NotPropagatedError: it does not answer, or not rightly.

        """
        spec = challenge["spec"]
        url = challenge_address(spec["dnsName"], spec["token"])
        failed = f"failed to perform self check GET request '{url}': Get \"{url}\":"
        try:
            answer = await self._web.get(url)
        except NoSuchHostError as missing:
            trouble = f"{failed} dial tcp: lookup {missing} on {CLUSTER_DNS}: no such host"
            raise NotPropagatedError(trouble) from None
        except NoAnswerError:
            trouble = f"{failed} context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            raise NotPropagatedError(trouble) from None
        if answer.status_code != OK:
            raise NotPropagatedError(f"wrong status code '{answer.status_code}', expected '{OK}'")
        if answer.text != spec["key"]:
            shown = answer.text
            if len(shown) > SHOWN_CHARACTERS:
                shown = f"{shown[:SHOWN_CHARACTERS].strip()}... (truncated)"
            trouble = (
                f'did not get expected response when querying endpoint, expected "{spec["key"]}" but got'
            )
            raise NotPropagatedError(f"{trouble}: {shown}")
        await self._clock.spend("http01.self_check")

    async def _accept(self, challenge: Object, status: Object, account: Account) -> Object:
        """Let the authority look; return the challenge's status by its verdict."""
        spec = challenge["spec"]
        await self._clock.spend("acme.validation")
        try:
            await account.authority.validate(spec["url"], spec["key"])
        except AcmeProblem as problem:
            reason = (
                f"Error accepting authorization: acme: authorization error for {spec['dnsName']}: {problem}"
            )
            return {**status, "state": "invalid", "reason": reason}
        return {**status, "state": "valid", "reason": "Successfully authorized domain"}


def _has_finalizer(challenge: Object) -> bool:
    return FINALIZER in (challenge["metadata"].get("finalizers") or ())


def _is_open(challenge: Object) -> bool:
    """Whether there is something left to do about a challenge."""
    status = challenge.get("status") or {}
    if is_going(challenge):
        return _has_finalizer(challenge)
    ended = status.get("state") in FINAL_STATES
    return not ended or _has_finalizer(challenge) or bool(status.get("processing"))
