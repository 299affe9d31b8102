"""The worker, let loose on the jobs that wait, and the mails that come of it."""

import asyncio
import re
from typing import Any

from asgiref.sync import sync_to_async
from django.core import mail
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

LINK = re.compile(r"http\S+/password/#(\S+)")


def work() -> None:
    """Do every job that is due, as the worker does."""

    async def until_empty() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined] # Django's connector has it
        with app.replace_connector(connector) as working:
            async with working.open_async():
                await working.run_worker_async(
                    wait=False, install_signal_handlers=False, listen_notify=False, concurrency=1
                )
        await sync_to_async(connections.close_all)()

    asyncio.run(until_empty())


def forget_jobs() -> None:
    """No job waits and none was done."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_periodic_defers CASCADE")
    mail.outbox.clear()


def jobs(task: str = "") -> list[dict[str, Any]]:
    """The jobs of a task that there are, oldest first."""
    found = ProcrastinateJob.objects.filter(task_name__contains=task).order_by("id")
    return list(found.values("task_name", "args", "status", "attempts"))


def mailed_token() -> str:
    """The token of the last mail with a link."""
    tokens = [found.group(1) for message in mail.outbox if (found := LINK.search(str(message.body)))]
    return tokens[-1]
