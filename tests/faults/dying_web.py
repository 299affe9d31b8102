"""A web server that dies at a chosen moment: `python -m tests.faults.dying_web serve --port …`.

The file that `DRIFTSENTRY_FUSE` names says when, as long as it is there: `before 0` dies with the first journal entry
appended and not committed, `after 1` dies after the second commit and before the answer. Whoever dies takes it along.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit import doorbell, journal
from manage import main

FUSE = "DRIFTSENTRY_FUSE"


def dying(moment: str, step: Callable[..., Any]) -> Callable[..., Any]:
    """A step after which the process dies, where the fuse says so.

    Args:
        moment: `before` or `after`: the fuse's first word.
        step: What is done first.
    """
    fuse = Path(os.environ[FUSE])

    def stepping(*args: Any, **kwargs: Any) -> Any:
        done = step(*args, **kwargs)
        said, _, left = (fuse.read_text() if fuse.exists() else "").partition(" ")
        if said == moment and left != "0":
            fuse.write_text(f"{said} {int(left) - 1}")
        elif said == moment:
            fuse.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    return stepping


if __name__ == "__main__":
    journal._append = dying("before", journal._append)
    doorbell.ring = dying("after", doorbell.ring)
    sys.argv[0] = "manage.py"
    main()
