"""`make fuzz-api`: schemathesis asks a live server what its OpenAPI document says, as everybody who may ask.

Each of them runs every phase (coverage, fuzzing, stateful) with every check: no server error, no answer that the
document does not describe, nothing wrong taken, nothing right refused, no way around a credential.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROLES = ("admin", "engineer", "viewer")
KEYS = ("key:read", "key:ingest", "key:audit")
NOBODY = "nobody"
EVERYBODY = (*ROLES, *KEYS, NOBODY)
ROOT = Path(__file__).resolve().parents[2]
UNHURRIED = {
    **dict.fromkeys([f"THROTTLE_{name}" for name in ("USER", "KEY", "INGEST", "ADDRESS", "REFUSED")], "off"),
    "THROTTLE_LOGIN": "1000000/minute",
}
SEED = 20260101


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much one run may do.

    Attributes:
        seconds: How long it may take; fuzzing goes on until then.
        examples: How many calls of an operation in one round.
        phases: Which of schemathesis's phases.
        seed: Of its dice.
    """

    seconds: int
    examples: int = 25
    phases: str = "coverage,fuzzing,stateful"
    seed: int = SEED


def fuzz(
    port: int, who: str, *, account: str, bounds: Bounds, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run schemathesis against a live server.

    Args:
        port: The server's, on this machine.
        who: One of `EVERYBODY`.
        account: The name of the account whose people and keys it makes itself.
        bounds: How much.
        env: What a process of ours needs to work on the server's database with its keys.

    Returns:
        What it said; its status is not 0 where anything failed.
    """
    url = f"http://127.0.0.1:{port}"
    told = {"SCHEMA_FUZZ_AS": who, "SCHEMA_FUZZ_ACCOUNT": account, "DJANGO_SETTINGS_MODULE": "driftsentry.settings"}
    options = [
        *("--url", url, "--no-color", "--seed", str(bounds.seed), "--phases", bounds.phases),
        *("--max-time", str(bounds.seconds), "--max-examples", str(bounds.examples)),
    ]
    return subprocess.run(  # noqa: S603 - our own interpreter and options
        [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/schema/", *options],
        cwd=ROOT,
        env={**env, **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def main() -> int:
    """Serve the demo and ask it as everybody; needs `DATABASE_URL` and `REDIS_URL` of an empty database."""
    asked = argparse.ArgumentParser(description=main.__doc__)
    asked.add_argument("--as", dest="who", action="append", choices=EVERYBODY, help="only as these (default: all)")
    asked.add_argument("--seconds", type=int, default=240, help="for each of them (default: 240)")
    asked.add_argument("--seed", type=int, default=SEED, help="of the dice")
    given = asked.parse_args()
    os.environ |= {"DJANGO_SETTINGS_MODULE": "driftsentry.settings", **UNHURRIED}

    import django

    django.setup()
    from django.core.management import call_command

    from driftsentry.api import tenancy
    from tests.realtime.server import environment, serving

    with tenancy.lifted("the fuzzer's own database is being made"):
        call_command("migrate", interactive=False, verbosity=0)
        call_command("seed", demo=True)
    bounds, failed = Bounds(seconds=given.seconds, seed=given.seed), []
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), environment()) as server:
        for who in given.who or EVERYBODY:
            ran = fuzz(server.port, who, account="demo", bounds=bounds, env=environment())
            sys.stdout.write(f"\n=== as {who}\n{ran.stdout}\n")
            failed += [who] if ran.returncode else []
    sys.stdout.write(f"Failed as: {', '.join(failed)}\n" if failed else "Nothing was found.\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
