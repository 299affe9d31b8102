"""The jobs that send messages and keep their table.

What they call is imported when they run: procrastinate imports this module in every process, at its start.
"""

from uuid import UUID

import structlog
from procrastinate.contrib.django import app

from driftsentry.api import tenancy

logger = structlog.get_logger(__name__)


@app.task(name="alerts.tasks.deliver")
def deliver(account_id: str, delivery_id: str) -> None:
    """Send a message. A second run of the job finds it taken, or over.

    Args:
        account_id: The tenant.
        delivery_id: The delivery.
    """
    from alerts.actions import delivering  # noqa: PLC0415 - see above

    with tenancy.within(UUID(account_id)):
        delivering.deliver(UUID(account_id), UUID(delivery_id))


@app.periodic(cron="* * * * *")
@app.task(name="alerts.tasks.sweep_deliveries", queueing_lock="sweep_deliveries")
def sweep_deliveries(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Send what was not sent in time, and let go what has come to its end.

    Args:
        timestamp: When it was due.
    """
    from alerts.actions import delivery_upkeep  # noqa: PLC0415 - see above

    with tenancy.lifted("deliveries and channels of every account"):
        sent, cancelled = delivery_upkeep.sweep_deliveries(), delivery_upkeep.cancel_held_too_long()
        secrets = delivery_upkeep.forget_former_secrets()
    if sent or cancelled or secrets:
        logger.info("deliveries_swept", deliveries=sent, cancelled=cancelled, former_keys=secrets)


@app.periodic(cron="47 * * * *")
@app.task(name="alerts.tasks.remove_old_deliveries", queueing_lock="remove_old_deliveries")
def remove_old_deliveries(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
    """Remove deliveries that were over long ago.

    Args:
        timestamp: When it was due.
    """
    from alerts.actions import delivery_upkeep  # noqa: PLC0415 - see above

    with tenancy.lifted("old deliveries of every account"):
        removed = delivery_upkeep.remove_old_deliveries()
    if removed:
        logger.info("old_deliveries_removed", deliveries=removed)
