"""The hub's certificate: asked of one authority after another, never more often than needed.

Where it can't be had now, and for no fault of the hub's (every authority refuses, or an own domain does not
lead here yet), the hub works without it and the run ends with a note; every other reason is an error.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from deployer.authorities import authorities_asked, fetch_account_binding, title_of
from deployer.certificate_store import CertificateStore
from deployer.certificates import CertificateState, Stage
from deployer.errors import CertificateError, KubernetesError
from deployer.issuance import (
    Patience,
    Refusal,
    authorities_to_ask,
    failure,
    leads_elsewhere,
    refused_note,
    took_too_long,
    unreachable_note,
)
from deployer.results import Certified

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deployer.authorities import Authority
    from deployer.context import Context
    from deployer.workflow import StepReport

T = TypeVar("T")

# cert-manager's webhook answers some seconds after its pod is ready. Seconds.
WEBHOOK_PATIENCE = 180.0
LOOK_EVERY = 2.0

NOT_ASKED = CertificateState(Stage.WAITING, "nobody was asked for these names yet")


async def ensure_certificate(context: Context, report: StepReport) -> str:
    """Make sure of a certificate for both names, or say why there is none yet.

    Raises:
        CertificateError: it is refused for a reason that another authority would have too, or does not come.

    """
    certification = await Certification.open(context, report)
    told = await certification.run()
    context.results.certificate.set(certification.outcome)
    return told


class Certification:
    """One run's way to the certificate.

    Args:
        context: of the run.
        report: of the step.
        store: the certificate's objects.

    Attributes:
        outcome: what came of it.

    """

    def __init__(self, context: Context, report: StepReport, store: CertificateStore) -> None:
        self._context = context
        self._report = report
        self._store = store
        self._refusals: list[Refusal] = []
        self._asked = authorities_asked(context.settings.certificate_authority)
        self.outcome = Certified.REFUSED

    @classmethod
    async def open(cls, context: Context, report: StepReport) -> Certification:
        """Begin with the cluster's objects as they are."""
        api = await context.results.cluster.get().api()
        return cls(context, report, CertificateStore(api, context.names))

    async def run(self) -> str:
        """Ask until somebody issues, or nobody does."""
        state = await self._store.state()
        if not await self._store.names_are_wanted():
            state = NOT_ASKED
        kept = await self._kept(state)
        if kept is not None:
            return kept
        to_ask = authorities_to_ask(state, self._asked)
        if state.another_may_help and to_ask is not self._asked:
            self._refuse(state)
        for authority in to_ask:
            state = await self._ask(authority)
            if state.stage is Stage.ISSUED:
                return self._issued(authority, state)
            if leads_elsewhere(state, self._context.names):
                return self._unreachable(state)
            if not state.another_may_help and not (self._refusals and state.stage is Stage.REFUSED):
                raise failure(state)
            self._refuse(state)
        self._report.note(refused_note(self._refusals, state.next_try))
        return "no authority issues a certificate now"

    async def _kept(self, state: CertificateState) -> str | None:
        """Keep a certificate that is there, for the wanted names, from one of the authorities to be asked."""
        authority = next((each for each in self._asked if each.issuer == state.issuer), None)
        if state.stage is not Stage.ISSUED or authority is None:
            return None
        await self._ensure_issuer(authority)
        self.outcome = _trust_in(authority)
        return f"{authority.title}'s certificate is there{_until(state)}"

    def _issued(self, authority: Authority, state: CertificateState) -> str:
        self.outcome = _trust_in(authority)
        elsewhere = "".join(f"; {refusal.authority} had refused" for refusal in self._refusals)
        return f"certificate issued by {authority.title}{_until(state)}{elsewhere}"

    def _unreachable(self, state: CertificateState) -> str:
        self.outcome = Certified.UNREACHABLE
        self._report.note(unreachable_note(state, self._context.names.cnames))
        return "the domain does not lead to the hub yet"

    def _refuse(self, state: CertificateState) -> None:
        refusal = Refusal(title_of(state.issuer or ""), state.words)
        self._refusals.append(refusal)
        self._report.warning(f"{refusal.authority} issues no certificate now: {refusal.reason}")

    async def _ask(self, authority: Authority) -> CertificateState:
        """Ask one authority, unless it is being asked already, and wait for its answer."""
        try:
            await self._ensure_issuer(authority)
        except CertificateError as error:
            if not self._refusals:
                raise
            # The Certificate still points at the authority before, which cert-manager asks again.
            before = await self._store.state()
            return CertificateState(Stage.REFUSED, error.message, authority.issuer, next_try=before.next_try)
        if (state := await self._store.state()).account_refused and state.issuer == authority.issuer:
            await self._store.forget_issuer(authority.issuer)
            await self._ensure_issuer(authority)
        changed = await self._applied("the certificate", lambda: self._store.point_at(authority))
        if not changed and (await self._store.state()).stage is Stage.REFUSED:
            self._report.progress(f"asking {authority.title} anew")
            await self._store.ask_anew()
        return await self._answer()

    async def _ensure_issuer(self, authority: Authority) -> None:
        key_id = await self._key_id() if authority.binds_accounts else None
        email = self._context.settings.contact_email or ""
        await self._applied(
            f"the account with {authority.title}",
            lambda: self._store.ensure_issuer(authority, email, key_id),
        )

    async def _key_id(self) -> str:
        """Return the id of the account's binding: the kept one's, else a new one's, kept from now on."""
        known = await self._store.bound_key_id()
        if known is not None:
            return known
        self._report.progress("asking ZeroSSL for an account")
        binding = await fetch_account_binding(self._context.settings.contact_email or "")
        self._context.redactor.hide(binding.key)
        await self._store.keep_binding(binding)
        return binding.key_id

    async def _applied(self, what: str, apply: Callable[[], Awaitable[T]]) -> T:
        """Apply an object, again while cert-manager's webhook is not up yet."""
        started = monotonic()
        while True:
            try:
                return await apply()
            except KubernetesError as error:
                if not error.retryable or monotonic() - started > WEBHOOK_PATIENCE:
                    raise
                self._report.progress(f"waiting until cert-manager takes {what}")
            await asyncio.sleep(LOOK_EVERY)

    async def _answer(self) -> CertificateState:
        """Wait until there is a certificate or a refusal, or no more sense in waiting."""
        written = self._context.results.dns_changed
        patience = Patience.with_names(self._context.names, records_written=written.is_set and written.get())
        started, unproven_since, told = monotonic(), None, ""
        while (state := await self._store.state()).stage is Stage.WAITING:
            now = monotonic()
            unproven_since = (unproven_since or now) if state.unproven else None
            if unproven_since and patience.unproven is not None and now - unproven_since > patience.unproven:
                return state
            if now - started > patience.order:
                raise took_too_long(state)
            if state.words != told:
                told = state.words
                self._report.progress(told)
            await asyncio.sleep(LOOK_EVERY)
        return state


def _trust_in(authority: Authority) -> Certified:
    return Certified.TRUSTED if authority.trusted else Certified.UNTRUSTED


def _until(state: CertificateState) -> str:
    return f", valid until {state.expires:%Y-%m-%d}" if state.expires else ""
