"""Which pieces a reading has, and running them side by side within the time there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

from drifts.detectors.aws.access import WORKERS, Access, CallFailed, OutOfTime
from drifts.detectors.aws.buckets import bucket_of, list_buckets, read_bucket
from drifts.detectors.aws.config import GROUPS, AwsConfig
from drifts.detectors.aws.databases import read_databases
from drifts.detectors.aws.groups import read_groups
from drifts.detectors.aws.instances import read_instances
from drifts.detectors.aws.outcome import Job, Outcome, Placed, Unseen
from drifts.detectors.aws.roles import read_roles

LATE = "The time for the reading ran out."
_IN_REGIONS = ("instances", "databases", "security groups")


def jobs_of(access: Access, config: AwsConfig, placed: Sequence[Placed]) -> list[Job]:
    """Split a reading into jobs that run by themselves.

    Args:
        access: The way to AWS.
        config: What the stack asks for.
        placed: All resources of the state that can be read, asked for or not.
    """
    jobs: list[Job] = []
    for group in _IN_REGIONS:
        types = _chosen(group, config)
        by_region = _by(lambda one: one.region, placed, types)
        regions = regions_of(config, placed) if config.unmanaged and types else []
        for region in sorted({*by_region, *regions}):
            run = partial(_in_region(group, access, placed), region, by_region[region], unmanaged=config.unmanaged)
            what = f"{group} in {region}"
            jobs.append(Job(what, types, tuple(by_region[region]), run, lists=config.unmanaged))
    return [*jobs, *_role_jobs(access, config, placed), *_bucket_jobs(access, config, placed)]


def regions_of(config: AwsConfig, placed: Iterable[Placed]) -> list[str]:
    """Return the regions that are searched for unmanaged resources: those named, else those of the state."""
    return sorted(config.regions or {one.region for one in placed} - {""})


def _chosen(group: str, config: AwsConfig) -> tuple[str, ...]:
    return tuple(one for one in GROUPS[group] if one in config.types)


def _by(name: Callable[[Placed], str], placed: Iterable[Placed], types: Iterable[str]) -> dict[str, list[Placed]]:
    chosen = frozenset(types)
    found: dict[str, list[Placed]] = defaultdict(list)
    for one in placed:
        if one.provider_type in chosen:
            found[name(one)].append(one)
    return found


def _in_region(group: str, access: Access, placed: Sequence[Placed]) -> Callable[..., Outcome]:
    if group == "instances":
        return partial(read_instances, access)
    if group == "databases":
        return partial(read_databases, access)
    owners = [one for one in placed if one.provider_type in GROUPS[group] and one.provider_type != GROUPS[group][0]]
    return lambda region, chosen, *, unmanaged: read_groups(access, region, chosen, owners, unmanaged=unmanaged)


def _role_jobs(access: Access, config: AwsConfig, placed: Sequence[Placed]) -> Iterator[Job]:
    types = _chosen("roles", config)
    chosen = [one for one in placed if one.provider_type in types]
    if chosen or (config.unmanaged and types):
        run = partial(read_roles, access, chosen, placed, unmanaged=config.unmanaged)
        yield Job("roles", types, tuple(chosen), run, lists=config.unmanaged)


def _bucket_jobs(access: Access, config: AwsConfig, placed: Sequence[Placed]) -> Iterator[Job]:
    types = _chosen("buckets", config)
    everything = _by(bucket_of, placed, GROUPS["buckets"])
    for _, several in sorted(everything.items()):
        chosen = [one for one in several if one.provider_type in types]
        region = next((one.region for one in several if one.region), "")
        owned = {one.provider_type for one in several}
        if chosen:
            run = partial(read_bucket, access, region, chosen, owned)
            yield Job("buckets", types, tuple(chosen), run)
    if config.unmanaged and "aws_s3_bucket" in types:
        run_listing = partial(list_buckets, access, access.home_region, frozenset(everything))
        yield Job("buckets not in the state", ("aws_s3_bucket",), (), run_listing, lists=True)


def run_jobs(jobs: Sequence[Job], access: Access, say: Callable[[str], None]) -> list[Outcome]:
    """Run jobs side by side; what is not done when the time is up counts as not looked at.

    Args:
        jobs: The jobs.
        access: Knows the time that is left.
        say: Takes a line for people who watch.

    Returns:
        Their outcomes, in the order of the jobs.
    """
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="aws")
    try:
        futures = [pool.submit(_run, job) for job in jobs]
        wait(futures, timeout=access.time_left())
        return [_outcome(job, future, say) for job, future in zip(jobs, futures, strict=True)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _run(job: Job) -> Outcome:
    try:
        return job.run()
    except CallFailed as failure:
        return _failed(job, failure.reason)
    except OutOfTime:
        return _failed(job, LATE)


def _failed(job: Job, reason: str) -> Outcome:
    unlisted = {name: reason for name in job.types if job.lists}
    return Outcome(unseen=[Unseen(one, reason) for one in job.placed], unlisted=unlisted)


def _outcome(job: Job, future: Future[Outcome], say: Callable[[str], None]) -> Outcome:
    outcome = future.result() if future.done() else _failed(job, LATE)
    if job.what != "buckets" or outcome.unseen:
        failed = next((f", {len(outcome.unseen)} not: {one.reason}" for one in outcome.unseen), "")
        say(f"{job.what}: {len(outcome.seen)} looked up{failed}")
    return outcome
