"""Removes the DNS records of a hub, first of all: a record that leads to a free name can be taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.dns import remove_record
from deployer.azure.retries import with_retries
from deployer.inventory.things import Kind
from deployer.run.workflow import Step

if TYPE_CHECKING:
    from deployer.inventory.removals import Removals
    from deployer.inventory.things import Thing
    from deployer.progress.report import StepReport
    from deployer.run.context import Context


def remove_records_step(removals: Removals) -> Step[Context]:
    """Declare the step."""

    async def remove_records(context: Context, report: StepReport) -> str:
        async def remove(record: Thing) -> bool:
            return await with_retries(
                report,
                f"remove the record {record.name}",
                lambda: remove_record(context.azure, record.id, context.names.hub, record.detail),
                rights_may_come=False,
            )

        for thing in removals.survey.stays:
            if thing.kind is Kind.DNS_RECORD:
                report.note(f"The record {thing.name} stays: {thing.reason}")
        return await removals.each([Kind.DNS_RECORD], remove, report)

    return Step("remove-dns-records", "Remove the DNS records of the domain", remove_records)
