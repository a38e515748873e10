"""Obtains the certificate of the hub, from one authority after another, and never more often than needed.

Without a certificate the hub still works, so the run ends with a note where every authority refuses for now,
or where a custom domain does not resolve to the hub yet. Every other reason is an error.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from deployer.azure.refusals import first_lasting, in_words
from deployer.certificates.authorities import authorities_asked, fetch_account_binding, title_of
from deployer.certificates.client import CertificateClient
from deployer.certificates.decisions import (
    AuthorityRefusal,
    WaitLimits,
    authorities_to_ask,
    failure,
    refused_note,
    resolves_elsewhere,
    took_too_long,
    unreachable_note,
)
from deployer.certificates.state import CertificateState, Stage
from deployer.errors import CertificateError, KubernetesError
from deployer.kubernetes.obstacles import SOLVERS, ObstacleFinder
from deployer.run.results import CertificateOutcome
from deployer.run.workflow import Step
from deployer.waiting import Pending, TimeLimitExceededError, wait_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from deployer.certificates.authorities import Authority
    from deployer.names import HubNames
    from deployer.progress.report import StepReport
    from deployer.run.context import Context

T = TypeVar("T")

# The webhook of cert-manager answers some seconds after its pod is ready. Seconds.
WEBHOOK_LIMIT = 180.0
LOOK_EVERY = 2.0

NOT_REQUESTED = CertificateState(Stage.WAITING, "no certificate was requested for these names yet")


def certificate_step() -> Step[Context]:
    """Declare the step."""

    def creates(names: HubNames) -> tuple[str, ...]:
        return (f"certificate for {names.binder_host} and {names.hub_host}, renewed automatically",)

    return Step("certificate", "Obtain one certificate for both host names", ensure_certificate, creates)


async def ensure_certificate(context: Context, report: StepReport) -> str:
    """Keep or obtain a certificate for both names, or leave a note why there is none yet.

    Raises:
        CertificateError: an authority refuses for a reason that others would share, or does not answer in
            time.

    """
    certification = await Certification.open(context, report)
    outcome = await certification.run()
    context.results.certificate.set(certification.outcome)
    return outcome


class Certification:
    """The way of one run to the certificate.

    Args:
        context: of the run.
        report: of the step.
        certificates: the objects of the certificate in the cluster.

    Attributes:
        outcome: whether there is a certificate, and whether browsers trust it.

    """

    def __init__(self, context: Context, report: StepReport, certificates: CertificateClient) -> None:
        self._context = context
        self._report = report
        self._certificates = certificates
        self._refusals: list[AuthorityRefusal] = []
        self._asked = authorities_asked(context.settings.certificate_authority)
        self.outcome = CertificateOutcome.REFUSED

    @classmethod
    async def open(cls, context: Context, report: StepReport) -> Certification:
        """Connect to the cluster."""
        api = await context.results.cluster.get().api()
        return cls(context, report, CertificateClient(api, context.names))

    async def run(self) -> str:
        """Ask one authority after another until one issues the certificate or all have refused."""
        state = await self._certificates.state()
        if not await self._certificates.names_are_wanted():
            state = NOT_REQUESTED
        kept = await self._kept(state)
        if kept is not None:
            return kept
        to_ask = authorities_to_ask(state, self._asked)
        if state.another_may_help and to_ask is not self._asked:
            self._add_refusal(state)
        for authority in to_ask:
            state = await self._ask(authority)
            if state.stage is Stage.ISSUED:
                return self._issued(authority, state)
            if resolves_elsewhere(state, self._context.names):
                return self._unreachable(state)
            # Once an authority has refused for now, a refusal of the next one is not an error either: the
            # hub works, and cert-manager asks again.
            if not state.another_may_help and not (self._refusals and state.stage is Stage.REFUSED):
                raise failure(state)
            self._add_refusal(state)
        self._report.note(refused_note(self._refusals, state.next_try))
        return "no authority issues a certificate for now"

    async def _kept(self, state: CertificateState) -> str | None:
        """Keep an existing certificate if it is for the wanted names, from an authority of the settings."""
        authority = next((each for each in self._asked if each.issuer == state.issuer), None)
        if state.stage is not Stage.ISSUED or authority is None:
            return None
        await self._ensure_issuer(authority)
        self.outcome = _trust_in(authority)
        return f"a certificate from {authority.title} exists{_until(state)}"

    def _issued(self, authority: Authority, state: CertificateState) -> str:
        self.outcome = _trust_in(authority)
        refused = "".join(f"; {refusal.authority} had refused" for refusal in self._refusals)
        return f"certificate issued by {authority.title}{_until(state)}{refused}"

    def _unreachable(self, state: CertificateState) -> str:
        self.outcome = CertificateOutcome.UNREACHABLE
        self._report.note(unreachable_note(state, self._context.names))
        return "the domain does not resolve to the hub yet"

    def _add_refusal(self, state: CertificateState) -> None:
        refusal = AuthorityRefusal(title_of(state.issuer or ""), state.words)
        self._refusals.append(refusal)
        self._report.warning(f"{refusal.authority} issues no certificate for now: {refusal.reason}")

    async def _ask(self, authority: Authority) -> CertificateState:
        """Request the certificate from one authority and wait; an order that is under way is kept."""
        try:
            await self._ensure_issuer(authority)
        except CertificateError as error:
            if not self._refusals:
                raise
            # The Certificate still refers to the previous authority, which cert-manager asks again.
            before = await self._certificates.state()
            return CertificateState(Stage.REFUSED, error.message, authority.issuer, next_try=before.next_try)
        state = await self._certificates.state()
        if state.account_refused and state.issuer == authority.issuer:
            # cert-manager does not try a refused account again by itself.
            await self._certificates.remove_issuer(authority.issuer)
            await self._ensure_issuer(authority)
        changed = await self._applied("the certificate", lambda: self._certificates.point_at(authority))
        if not changed and (await self._certificates.state()).stage is Stage.REFUSED:
            self._report.progress(f"asking {authority.title} again")
            await self._certificates.request_again()
        return await self._answer()

    async def _ensure_issuer(self, authority: Authority) -> None:
        key_id = await self._key_id() if authority.binds_accounts else None
        email = self._context.settings.contact_email or ""
        await self._applied(
            f"the account with {authority.title}",
            lambda: self._certificates.ensure_issuer(authority, email, key_id),
        )

    async def _key_id(self) -> str:
        """Return the key id of the account binding, from the cluster if it holds one, else from ZeroSSL."""
        known = await self._certificates.bound_key_id()
        if known is not None:
            return known
        self._report.progress("requesting an account from ZeroSSL")
        binding = await fetch_account_binding(self._context.settings.contact_email or "")
        self._context.redactor.hide(binding.key)
        await self._certificates.keep_binding(binding)
        return binding.key_id

    async def _applied(self, what: str, apply: Callable[[], Awaitable[T]]) -> T:
        """Apply an object, repeating it while the webhook of cert-manager is not up yet."""
        failed: list[KubernetesError] = []

        async def look() -> T | Pending:
            try:
                return await apply()
            except KubernetesError as error:
                if not error.retryable:
                    raise
                failed.append(error)
                return Pending(f"waiting until cert-manager accepts {what}")

        try:
            return await wait_until(look, self._report.progress, limit=WEBHOOK_LIMIT, every=LOOK_EVERY)
        except TimeLimitExceededError:
            raise failed[-1] from None

    async def _answer(self) -> CertificateState:
        """Wait until the certificate is issued or refused, or waiting is of no use."""
        written = self._context.results.dns_changed
        limits = WaitLimits.of(self._context.names, records_written=written.is_set and written.get())
        unproven_since: float | None = None
        api = await self._context.results.cluster.get().api()
        solvers = await ObstacleFinder.open(api, self._context.names.namespace, SOLVERS)

        async def look() -> CertificateState | Pending:
            nonlocal unproven_since
            state = await self._certificates.state()
            now = monotonic()
            unproven_since = (unproven_since or now) if state.unproven else None
            hopeless = (
                unproven_since and limits.unproven is not None and now - unproven_since > limits.unproven
            )
            if state.stage is not Stage.WAITING or hopeless:
                return state
            return Pending(f"{state.words}{await _why_not_answered(solvers)}")

        try:
            return await wait_until(look, self._report.progress, limit=limits.order, every=LOOK_EVERY)
        except TimeLimitExceededError:
            raise took_too_long(await self._certificates.state()) from None


async def _why_not_answered(solvers: ObstacleFinder) -> str:
    """Return why the pods that answer the authority are not ready, as an addition to what is waited for.

    Raises:
        CertificateError: they cannot become ready.

    """
    obstacles = await solvers.find()
    if lasting := first_lasting(obstacles):
        what = "The pod that proves the host names to the authority cannot start"
        raise lasting.as_error(CertificateError, what)
    return f"; not ready: {in_words(obstacles[0])}" if obstacles else ""


def _trust_in(authority: Authority) -> CertificateOutcome:
    return CertificateOutcome.TRUSTED if authority.trusted else CertificateOutcome.UNTRUSTED


def _until(state: CertificateState) -> str:
    return f", valid until {state.expires:%Y-%m-%d}" if state.expires else ""
