"""`manage.py procrastinate`: procrastinate's own command; its worker has a thread for each job, and serves its numbers.

It takes the place of the command of that name because its app stands after ours in `INSTALLED_APPS`.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from procrastinate.contrib.django.management.commands.procrastinate import Command as ProcrastinateCommand
from procrastinate.job_context import JobContext
from procrastinate.middleware import AsyncCallNext, WorkerMiddleware
from procrastinate.worker import Worker
from prometheus_client import start_http_server

from driftsentry.operations.counters import show_from_start

SPARE_THREADS = 4
"""For what the worker itself does in threads, as looking up the database's name, while each job has one."""


class Command(ProcrastinateCommand):
    """Adds `/metrics` on `WORKER_METRICS_PORT` to the worker, which does `WORKER_CONCURRENCY` jobs at once."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Run procrastinate's command.

        Args:
            *args: Unused.
            **options: The command line.

        Raises:
            CommandError: The port is taken.
        """
        if options.get("command") == "worker":
            options.setdefault("concurrency", settings.WORKER_CONCURRENCY)
            options["worker_middleware"] = [_in_threads(options["concurrency"])]
            if settings.WORKER_METRICS_PORT:
                show_from_start()
                _serve_metrics(settings.WORKER_METRICS_PORT)
        super().handle(*args, **options)


def _in_threads(jobs: int) -> WorkerMiddleware:
    """Have so many jobs run at once. By itself asyncio has as many threads as the machine has processors, and four."""
    executor = ThreadPoolExecutor(jobs + SPARE_THREADS, thread_name_prefix="job")

    async def run(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:  # noqa: ARG001 - as all of them
        asyncio.get_running_loop().set_default_executor(executor)  # the loop shuts it down when it ends
        return await call_next()

    return run


def _serve_metrics(port: int) -> None:
    """Serve from a thread of its own; in development to this machine only, in production to whoever scrapes the pod."""
    address = "0.0.0.0" if settings.PRODUCTION else "127.0.0.1"  # noqa: S104  # nosec B104
    try:
        start_http_server(port, addr=address)
    except OSError as error:
        raise CommandError(f"The worker's metrics cannot be served: WORKER_METRICS_PORT {port} is taken.") from error
