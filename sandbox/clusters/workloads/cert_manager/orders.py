"""Orders: placed with the authority, proven by challenges, and ended with a certificate or a reason."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from sandbox.clusters.workloads.cert_manager.conditions import now
from sandbox.clusters.workloads.cert_manager.reconciling import keep_reconciling
from sandbox.clusters.workloads.cert_manager.requests import FAILURE_STATES, derived_name
from sandbox.clusters.workloads.cert_manager.resources import (
    CHALLENGES,
    CLUSTER_ISSUERS,
    ISSUERS,
    ORDERS,
    add,
    is_going,
    is_owned_by,
    list_all,
    remove,
    set_status,
)
from sandbox.clusters.workloads.cert_manager.secret_data import encoded
from sandbox.internet.certificate_authorities.problems import AcmeProblem

if TYPE_CHECKING:
    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.kubernetes_api import Object
    from sandbox.clusters.workloads.cert_manager.accounts import Account, Accounts
    from sandbox.internet.certificate_authorities.orders import AcmeOrder


class Orders:
    """Brings orders to an end.

    Args:
        api: client of the cluster's API.
        clock: how long an authority takes.
        accounts: the accounts of issuers.

    """

    def __init__(self, api: httpx.AsyncClient, clock: Clock, accounts: Accounts) -> None:
        self._api = api
        self._clock = clock
        self._accounts = accounts

    async def run(self) -> None:
        """Serve orders for as long as cert-manager runs."""
        resources = (ORDERS, CHALLENGES, ISSUERS, CLUSTER_ISSUERS)
        paths = tuple(resource.everywhere for resource in resources)
        await keep_reconciling(self._api, paths, self._reconcile)

    async def _reconcile(self) -> None:
        challenges = await list_all(self._api, CHALLENGES.everywhere)
        for order in await list_all(self._api, ORDERS.everywhere):
            if not is_going(order):
                owned = [challenge for challenge in challenges if is_owned_by(challenge, order)]
                await self._serve(order, owned)

    async def _serve(self, order: Object, challenges: list[Object]) -> None:
        status = order.get("status") or {}
        if status.get("state") in FAILURE_STATES:
            return
        if status.get("certificate"):
            for challenge in challenges:
                await remove(self._api, CHALLENGES.path(challenge))
            return
        account = await self._accounts.account_of(order)
        if account is not None:
            status = await self._move_on(order, account, status, challenges)
            await set_status(self._api, ORDERS, order, status)

    async def _move_on(
        self, order: Object, account: Account, status: Object, challenges: list[Object]
    ) -> Object:
        """Do the next step; return the order's status after it."""
        if "url" not in status:
            return await self._place(order, account)
        try:
            placed = account.authority.order(status["url"])
        except AcmeProblem as problem:
            return _errored(status, f"Failed to retrieve Order resource: {problem}")
        if status.get("state") == "ready":
            return await self._finalize(order, account, status, placed)
        if len(challenges) < len(placed.authorizations):
            await self._challenge(order, account, placed, challenges)
            return status
        states = {(challenge.get("status") or {}).get("state") for challenge in challenges}
        decided = states == {"valid"} or bool(states & FAILURE_STATES)
        return _with_state(status, placed.state) if decided else status

    async def _place(self, order: Object, account: Account) -> Object:
        spec = order["spec"]
        names = {*(spec.get("dnsNames") or ()), *filter(None, [spec.get("commonName")])}
        await self._clock.spend("acme.order")
        try:
            placed = account.authority.new_order(account.url, names)
        except AcmeProblem as problem:
            return _errored({}, f"Failed to create Order: {problem}")
        return {
            "url": placed.url,
            "finalizeURL": placed.finalize_url,
            "state": placed.state,
            "authorizations": [
                {
                    "url": authorization.url,
                    "identifier": authorization.name,
                    "initialState": authorization.state,
                    "wildcard": False,
                    "challenges": [
                        {
                            "type": "http-01",
                            "url": authorization.challenge_url,
                            "token": authorization.token,
                        }
                    ],
                }
                for authorization in placed.authorizations
            ],
        }

    async def _challenge(
        self, order: Object, account: Account, placed: AcmeOrder, present: list[Object]
    ) -> None:
        """Create the challenges that an order still lacks, as far as the issuer has a solver for them."""
        known = {challenge["spec"]["url"] for challenge in present}
        for authorization in placed.authorizations:
            solver = pick_solver(account.issuer["spec"]["acme"].get("solvers") or [], authorization.name)
            if solver is None or authorization.challenge_url in known:
                continue
            spec = {
                "authorizationURL": authorization.url,
                "dnsName": authorization.name,
                "issuerRef": order["spec"]["issuerRef"],
                "key": account.answer_to(authorization.token),
                "solver": solver,
                "token": authorization.token,
                "type": "HTTP-01",
                "url": authorization.challenge_url,
                "wildcard": False,
            }
            namespace = order["metadata"]["namespace"]
            await add(self._api, CHALLENGES.collection(namespace), _challenge_of(order, spec))

    async def _finalize(self, order: Object, account: Account, status: Object, placed: AcmeOrder) -> Object:
        await self._clock.spend("acme.certificate")
        try:
            chain = account.authority.finalize(placed, b64decode(order["spec"]["request"]))
        except AcmeProblem as problem:
            return _errored(status, f"Failed to finalize Order: {problem}")
        return {**status, "state": placed.state, **encoded({"certificate": chain})}


def pick_solver(solvers: list[Object], host: str) -> Object | None:
    """Return the HTTP-01 solver that is meant for a host the most narrowly, None where none is."""
    ranked = [
        (_narrowness(solver.get("selector") or {}, host), solver) for solver in solvers if "http01" in solver
    ]
    fitting = [(rank, solver) for rank, solver in ranked if rank is not None]
    return max(fitting, key=lambda found: found[0])[1] if fitting else None


def _narrowness(selector: Object, host: str) -> int | None:
    """Return how narrowly a selector means a host: 0 for all hosts, None when it doesn't."""
    names, zones = selector.get("dnsNames") or [], selector.get("dnsZones") or []
    if host in names:
        return len(host) + 1
    fitting = [len(zone) for zone in zones if host == zone or host.endswith(f".{zone}")]
    if fitting:
        return max(fitting)
    return None if names or zones else 0


def _challenge_of(order: Object, spec: Object) -> Object:
    return {
        "apiVersion": CHALLENGES.api_version,
        "kind": CHALLENGES.kind,
        "metadata": {
            "name": derived_name(order["metadata"]["name"], spec),
            "ownerReferences": [ORDERS.owner_of(order)],
        },
        "spec": spec,
    }


def _errored(status: Object, reason: str) -> Object:
    return {**_with_state(status, "errored"), "reason": reason}


def _with_state(status: Object, state: str) -> Object:
    failure = {"failureTime": now()} if state in FAILURE_STATES else {}
    return {**status, "state": state, **failure}
