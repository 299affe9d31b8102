"""Whether a lock answers to pyproject.toml: every requirement is in it, at a version that the requirement allows."""

import re
import sys
import tomllib
from pathlib import Path

from pip._vendor.packaging.requirements import Requirement
from pip._vendor.packaging.utils import canonicalize_name

EXTRAS = {"requirements.lock": (), "requirements-local.lock": ("local",), "requirements-dev.lock": ("local", "dev")}
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def problems(lock: Path) -> list[str]:
    """What a lock lacks.

    Args:
        lock: One of the locks beside pyproject.toml.
    """
    project = tomllib.loads(lock.with_name("pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(each for extra in EXTRAS[lock.name] for each in project["optional-dependencies"][extra]),
    ]
    pinned = {canonicalize_name(name): version for name, version in PINNED.findall(lock.read_text())}
    found = []
    for requirement in map(Requirement, wanted):
        version = pinned.get(canonicalize_name(requirement.name))
        if requirement.name != project["name"] and (version is None or version not in requirement.specifier):
            found.append(f"{lock.name}: {requirement} is wanted, {version or 'nothing'} is locked; run `make lock`")
    return found


if __name__ == "__main__":
    lines = problems(Path(sys.argv[1]).absolute())
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.exit(bool(lines))
