"""What breaks while clients work: processes are killed at random and started again, and Redis is gone for a while."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.cluster import Cluster

CALM = 2.5, 6.0
"""Seconds between two kills."""
OVERTIME = 5
"""How many times longer a storm may last on a busy machine."""
GONE = 0.0, 1.5
"""Seconds that what was killed stays away."""


@dataclass(slots=True)
class Killer:
    """Kills at random.

    Attributes:
        cluster: What.
        dice: Choose what, and when.
        kills: How often each was killed.
    """

    cluster: Cluster
    dice: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    _queue: list[str] = field(default_factory=list)

    def rage(self, seconds: float, look: Callable[[], int], is_enough: Callable[[], bool]) -> None:
        """Kill for a time; in the middle third Redis is stopped.

        On a busy machine nobody would ever get through: whatever is to be killed lives until somebody was answered
        again, and the storm lasts longer, within bounds.

        Args:
            seconds: How long, at least.
            look: Called several times a second; says how often the clients were answered.
            is_enough: Whether they have done enough for the storm to end.
        """
        begun, answered, at_last_kill = time.monotonic(), 0, -1
        next_kill = begun + self.dice.uniform(*CALM)
        while (passed := time.monotonic() - begun) < seconds or (passed < OVERTIME * seconds and not is_enough()):
            self._redis(away=seconds / 3 <= passed < 2 * seconds / 3)
            if time.monotonic() >= next_kill and answered > at_last_kill:
                self._kill_one()
                next_kill, at_last_kill = time.monotonic() + self.dice.uniform(*CALM), look()
            self.cluster.tend()
            answered = look()
            time.sleep(0.1)

    def calm_down(self) -> None:
        """Start whatever is gone."""
        self._redis(away=False)
        self.cluster.wait_until_it_answers()

    def _redis(self, *, away: bool) -> None:
        if away and self.cluster.redis.process is not None:
            self.cluster.redis.stop()
            self.kills["redis"] += 1
        elif not away and self.cluster.redis.process is None:
            self.cluster.redis.respawn()

    def _kill_one(self) -> None:
        """Each of them once, in random order, and again."""
        if not self._queue:
            self._queue = ["web", "web", "postgres", "session", *(part.name for part in self.cluster.workers)]
            self.dice.shuffle(self._queue)
        name = self._queue.pop()
        if name == "session":
            self.kills[name] += self.cluster.kill_a_session(self.dice)
            return
        self.kills[name] += 1
        if name == "postgres":
            self.cluster.kill_postgres()
            time.sleep(self.dice.uniform(*GONE))
            self.cluster.start_postgres()
        else:
            self.cluster.parts[name].kill()
            time.sleep(self.dice.uniform(*GONE))
