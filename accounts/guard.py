"""The log-in guard: who may try a password, counted before it is checked, so that many tries at once are no way round.

Three counts, each in Redis, with the e-mail as a keyed digest only, so that an unknown one behaves as a known one does:

- an address makes so many attempts a minute, whatever the e-mails (`THROTTLE_LOGIN`);
- an e-mail from one address: after some failures a lock, which doubles with each further one, up to 15 minutes;
- an e-mail from everywhere: after many failures an hour only addresses from which its owner has signed in lately. An
  attacker with many addresses cannot guess on, and cannot keep the owner out.

While Redis is away each process counts for itself (and the log says so): a limit then holds per process.

django-axes is not used: it writes each attempt to the database, the e-mail in clear, which an attacker would fill; its
lock lasts a fixed time; its counting is read, then write, so that tries at once pass together; and it needs Django's
own `authenticate`, which the API does not go through.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import lockouts
from accounts.facts import LoginLocked
from accounts.lockouts import OwnCounts, Verdict
from accounts.models import Session, User, normalised_email
from driftsentry.api import counting, tenancy
from driftsentry.api.counting import PREFIX, StoreAway
from driftsentry.api.errors import TooMany
from driftsentry.api.rates import network_of

LOCKED = "Too many attempts to log in; wait as Retry-After says."
KNOWN_FOR = timedelta(days=30)
RESETS_PER_EMAIL, RESETS_PER_ADDRESS = "5/hour", "20/hour"

TAKE = """
local wait = redis.call('PTTL', KEYS[2])
if wait > 0 then return {wait, 0, 0, 0} end
if tonumber(redis.call('GET', KEYS[3]) or '0') >= tonumber(ARGV[3]) and ARGV[1] ~= '1' then
  return {math.max(redis.call('PTTL', KEYS[3]), 1), 1, 0, 0}
end
if redis.call('INCR', KEYS[3]) == 1 then redis.call('EXPIRE', KEYS[3], ARGV[4]) end
local failures = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
local lock = tonumber(ARGV[math.min(5 + failures, #ARGV)])
if lock > 0 then redis.call('SET', KEYS[2], 1, 'EX', lock) end
return {0, 0, failures, lock}
"""
"""Keys: a pair's failures, its lock, an e-mail's failures. Arguments: known, the times, the table of locks."""

GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[3]) or '0') > 0 then redis.call('DECR', KEYS[3]) end
if ARGV[2] == '1' then
  redis.call('DEL', KEYS[1], KEYS[2])
else
  if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
  if ARGV[1] == '1' then redis.call('DEL', KEYS[2]) end
end
"""


class Counts(Protocol):
    """Where attempts are counted; see `OwnCounts`."""

    def take(self, pair: str, email: str, *, known: bool) -> Verdict:
        """Let an attempt go on and take it for a failure."""
        ...

    def give_back(self, pair: str, email: str, *, lock: bool, forget: bool) -> None:
        """The attempt was no failure."""
        ...


class RedisCounts:
    """The same as `OwnCounts`, for all processes together; each call is one script, so nothing comes in between."""

    def take(self, pair: str, email: str, *, known: bool) -> Verdict:
        """Let an attempt go on and take it for a failure, until it turns out to be none.

        Args:
            pair: Stands for the e-mail and the address.
            email: Stands for the e-mail.
            known: Whether the address is known for it.

        Raises:
            StoreAway: Redis does not answer.
        """
        times = (lockouts.QUIET_SECONDS, lockouts.EMAIL_FAILURES, lockouts.EMAIL_SECONDS)
        wait, foreign, failures, lock = self._run(TAKE, pair, email, int(known), *times, *lockouts.lock_table())
        return Verdict(wait=wait / 1000, foreign=bool(foreign), failures=failures, lock=lock)

    def give_back(self, pair: str, email: str, *, lock: bool, forget: bool) -> None:
        """The attempt was no failure.

        Args:
            pair: Stands for the e-mail and the address.
            email: Stands for the e-mail.
            lock: Whether the attempt had locked the pair.
            forget: Whether the pair's other failures are forgotten too.

        Raises:
            StoreAway: Redis does not answer.
        """
        self._run(GIVE_BACK, pair, email, int(lock), int(forget))

    def _run(self, script: str, pair: str, email: str, *arguments: int) -> list[int]:
        counters = counting.shared()
        if counters.redis is None:
            raise StoreAway
        names = [f"{PREFIX}:login:{name}" for name in (pair, f"{pair}:lock", email)]
        run = counters.redis.register_script(script)
        found: list[int] = counters.call(lambda: run(keys=names, args=arguments))
        return found


_own: Counts = OwnCounts()
_shared: Counts = RedisCounts()


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that may go on; it counts as a failure until it is said to be none.

    Attributes:
        pair: Stands for the e-mail and the address.
        email: Stands for the e-mail.
        counts: Where it was counted; none where nothing is.
        verdict: What was counted.
    """

    pair: str
    email: str
    counts: Counts | None
    verdict: Verdict

    def failed(self, user: User) -> tuple[LoginLocked, ...]:
        """It was a failure, of the password or of the second factor.

        Args:
            user: Whose password or code it was.

        Returns:
            What the journal is to be told besides: that a lock has begun, once a lock.
        """
        lock = self.verdict.lock
        return (LoginLocked(id=user.pk, failures=self.verdict.failures, seconds=lock),) if lock else ()

    def succeeded(self) -> None:
        """It was none, all of it: the second factor too, where there is one. The pair's failures are forgotten."""
        self._give_back(forget=True)

    def released(self) -> None:
        """It was none, but not all has been shown: the second factor is yet to come. Earlier failures still count."""
        self._give_back(forget=False)

    def _give_back(self, *, forget: bool) -> None:
        if self.counts is not None:
            with suppress(StoreAway):  # it stays a failure, then, and is forgotten in time
                self.counts.give_back(self.pair, self.email, lock=self.verdict.lock > 0, forget=forget)


def admit(email: str, address: str) -> Attempt:
    """May this e-mail be tried from this address? Counts the attempt.

    Args:
        email: As given; whether there is such a user makes no difference.
        address: The client's.

    Raises:
        TooMany: Not now.
    """
    pair, everywhere = digest(email, network_of(address)), digest(email)
    if not settings.THROTTLE_LOGIN:
        return Attempt(pair, everywhere, None, Verdict())
    _hit(settings.THROTTLE_LOGIN, "login", network_of(address))
    counts, verdict = _take(pair, everywhere, known=False)
    if verdict.foreign and _is_known(email, address):
        counts, verdict = _take(pair, everywhere, known=True)
    if verdict.wait:
        raise TooMany(LOCKED, wait=verdict.wait)
    return Attempt(pair, everywhere, counts, verdict)


def admit_reset(address: str, email: str) -> None:
    """May this address ask for a new password of this e-mail? Counts it.

    Args:
        address: The client's.
        email: As given; whether there is such a user makes no difference.

    Raises:
        TooMany: Not now.
    """
    if settings.THROTTLE_LOGIN:
        _hit(RESETS_PER_ADDRESS, "reset-address", network_of(address))
        _hit(RESETS_PER_EMAIL, "reset-email", digest(email))


def digest(*parts: str) -> str:
    """What stands for an e-mail, or for it and an address, where attempts are counted.

    Args:
        *parts: The e-mail as given, and the address.
    """
    email, *rest = parts
    text = "\0".join((normalised_email(email), *rest))
    return salted_hmac("driftsentry.accounts.guard", text, algorithm="sha256").hexdigest()


def _hit(rate: str, *key: str) -> None:
    try:
        wait = counting.shared().hit(rate, *key)
    except StoreAway:
        wait = counting.own().hit(rate, *key)
    if wait:
        raise TooMany(LOCKED, wait=wait)


def _take(pair: str, email: str, *, known: bool) -> tuple[Counts, Verdict]:
    try:
        return _shared, _shared.take(pair, email, known=known)
    except StoreAway:
        return _own, _own.take(pair, email, known=known)


def _is_known(email: str, address: str) -> bool:
    """Whether the owner of an e-mail has lately signed in from an address."""
    since = timezone.now() - KNOWN_FOR
    found = Session.objects.filter(user__email=normalised_email(email), created_at__gte=since)
    with tenancy.lifted("whose e-mail it is"):
        return network_of(address) in {network_of(one) for one in found.values_list("address", flat=True).distinct()}
