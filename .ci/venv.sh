#!/bin/sh
# Make .venv and install one of the locks into it, with plain pip, and only when the lock has changed.
#   .ci/venv.sh local   what `make run` needs
#   .ci/venv.sh dev     everything: tests and checks too (it contains local)
# DRIFTSENTRY_PYTHON names the Python to use, 3.11 or newer; without it the first fitting one on the PATH is taken.
set -eu
cd "$(dirname "$0")/.."
want=${1:?usage: .ci/venv.sh local|dev}
stamps=.venv/.installed
fits='import sys, venv, ensurepip; sys.exit(not sys.version_info >= (3, 11))'

digest() { # of a lock and the Python it is installed for
    "$1" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read() + sys.version.encode()).hexdigest())' "$2"
}

find_python() {
    for candidate in "${DRIFTSENTRY_PYTHON:-}" python3.12 python3.11 python3.13 python3 python3.14 python; do
        if [ -n "$candidate" ] && "$candidate" -c "$fits" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    cat >&2 <<'MESSAGE'
DriftSentry needs Python 3.11 or newer with its venv module, and none is on the PATH.
  Debian, Ubuntu:  apt install python3 python3-venv
  Fedora:          dnf install python3.12
  macOS:           brew install python@3.12
or name one:       make run DRIFTSENTRY_PYTHON=/path/to/python3.12
MESSAGE
    exit 1
}

installed() { # whether .venv holds what a lock says
    [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$(digest .venv/bin/python "requirements-$1.lock")" ]
}

if [ -e .venv ] && ! .venv/bin/python -c "import pip; $fits" >/dev/null 2>&1; then
    echo "The Python of .venv is gone, too old or half made; making it anew." >&2
    rm -rf .venv
fi
if [ ! -x .venv/bin/python ]; then
    python=$(find_python)
    "$python" -m venv .venv
fi
if installed "$want" || { [ "$want" = local ] && installed dev; }; then
    exit 0
fi

echo "Installing requirements-$want.lock into .venv (only after it has changed) ..." >&2
rm -rf "$stamps"
.venv/bin/python -m pip --disable-pip-version-check install --quiet --quiet --no-input --no-deps --require-hashes \
    --requirement "requirements-$want.lock"
# The checkout itself is importable from anywhere, as an editable install would make it.
.venv/bin/python -c 'import pathlib, sysconfig
path = pathlib.Path(sysconfig.get_path("purelib"), "driftsentry-checkout.pth")
path.write_text(str(pathlib.Path.cwd()) + "\n")'
mkdir -p "$stamps"
digest .venv/bin/python "requirements-$want.lock" >"$stamps/$want"
