"""How many people it takes to decide, who of them counts, and whether whoever made the change is one of them. Pure.

A voice is what one person says of one drift: approve or reject. It is bound to the difference that they saw, it
expires, and a person has one at a time. A drift is decided when as many different people whose voices count say the
same as the account's policy for its severity demands, as it stands at that moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

MOST_NEEDED = 5
NEEDED = range(1, MOST_NEEDED + 1)
EXPIRES_HOURS = range(1, 24 * 90 + 1)
REVIEW_WITHIN_HOURS = range(1, 24 * 30 + 1)
BREAK_GLASS_REASON = 30
"""How many characters it takes to say why nobody else could be waited for."""


class Decision(StrEnum):
    """What a voice can say."""

    APPROVE = "approve"
    REJECT = "reject"


class AppliesTo(StrEnum):
    """Which decisions a policy is about. Accepting an open port is as grave as closing it: both, if nothing is said."""

    APPROVE = "approve"
    REJECT = "reject"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What an account demands of decisions on drifts of a severity."""

    needed: int = 1
    """How many different people must say the same."""
    applies_to: AppliesTo = AppliesTo.BOTH
    expires_hours: int = 72
    """How long a voice counts."""
    break_glass: bool = False
    """Whether one person may decide alone in an emergency, to be reviewed by another afterwards."""
    review_within_hours: int = 24
    exclude_principal: bool = True
    """Whether the principal may not decide even where one voice is enough; where it takes more, they never may."""

    def applies(self, decision: Decision) -> bool:
        """Whether it is about a decision.

        Args:
            decision: What is to be decided.
        """
        return self.applies_to in {AppliesTo.BOTH, decision.value}

    def needs(self, decision: Decision) -> int:
        """How many different people must say so.

        Args:
            decision: What is to be decided.
        """
        return self.needed if self.applies(decision) else 1

    def excludes_principal(self, decision: Decision) -> bool:
        """Whether somebody who made the change may not take part in deciding on it.

        Args:
            decision: What is to be decided.
        """
        return self.applies(decision) and (self.needed > 1 or self.exclude_principal)


NO_POLICY = Policy(exclude_principal=False)
"""What holds where an account has said nothing: one person decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What somebody has said of a drift."""

    by: UUID
    decision: Decision
    digest: bytes
    """Of the difference that they saw."""
    expires_at: datetime
    is_eligible: bool = True
    """Whether they are active and their role may decide, now."""
    is_principal: bool = False
    """Whether they are known to have made the change."""


def takes_fewer(policy: Policy, *, than: Policy) -> bool:
    """Say whether there is a decision that fewer people may take by one policy than by another.

    Args:
        policy: The one.
        than: The other.
    """
    return any(policy.needs(one) < than.needs(one) for one in Decision)


def weakened(before: Policy, after: Policy) -> list[str]:
    """Say what people may do by a new policy that they could not by the one before, each in words.

    Args:
        before: What held.
        after: What holds now.
    """
    found = []
    for one in Decision:
        was, now = before.needs(one), after.needs(one)
        if now < was:
            people = "one person" if now == 1 else f"{now} people"
            found.append(f"it takes {people} to {one.value} them, where it took {was}")
        if before.excludes_principal(one) and not after.excludes_principal(one):
            found.append(f"whoever made a change may {one.value} it themselves")
    stays_several = [min(before.needs(one), after.needs(one)) > 1 for one in Decision]
    if any(stays_several) and after.break_glass and not before.break_glass:
        found.append("one person may decide alone in an emergency")
    return found


class Lapsed(StrEnum):
    """Why a voice does not count."""

    DIFFERENCE = "difference"
    EXPIRED = "expired"
    ROLE = "role"
    PRINCIPAL = "principal"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"


WORDS: dict[Lapsed, str] = {
    Lapsed.DIFFERENCE: "what differs has changed since",
    Lapsed.EXPIRED: "its time was over",
    Lapsed.ROLE: "whoever gave it may no longer decide",
    Lapsed.PRINCIPAL: "whoever gave it made the change",
    Lapsed.REPLACED: "whoever gave it now says the other",
    Lapsed.WITHDRAWN: "whoever gave it took it back",
    Lapsed.OVERTAKEN: "the drift was decided without it, or is over",
}
"""Why a voice does not count, for a person."""


def lapse_of(voice: Voice, policy: Policy, *, digest: bytes, now: datetime) -> Lapsed | None:
    """Say why a voice does not count; None where it does.

    Args:
        voice: The voice.
        policy: Of the drift's severity as it is now.
        digest: Of the drift's difference as it is now.
        now: The time.
    """
    if voice.digest != digest:
        return Lapsed.DIFFERENCE
    if voice.expires_at <= now:
        return Lapsed.EXPIRED
    if not voice.is_eligible:
        return Lapsed.ROLE
    if voice.is_principal and policy.excludes_principal(voice.decision):
        return Lapsed.PRINCIPAL
    return None


def counting(
    voices: Iterable[Voice], decision: Decision, policy: Policy, *, digest: bytes, now: datetime
) -> frozenset[UUID]:
    """Return the people whose voices count for a decision.

    Args:
        voices: All that were given for the drift and not ended since.
        decision: What is to be decided.
        policy: Of the drift's severity as it is now.
        digest: Of the drift's difference as it is now.
        now: The time.
    """
    said = (one for one in voices if one.decision is decision)
    return frozenset(one.by for one in said if lapse_of(one, policy, digest=digest, now=now) is None)


def expiry_of(policy: Policy, at: datetime) -> datetime:
    """Return when a voice that is given now no longer counts.

    Args:
        policy: Of the drift's severity.
        at: The time.
    """
    return at + timedelta(hours=policy.expires_hours)


def name_of(principal: str) -> str:
    """Return the name within a principal by which a person may be known, in lower case; '' where there is none.

    Known are a role's session (`arn:aws:sts::1:assumed-role/Admin/alice@acme.example`, as single sign-on names it), an
    IAM user, with or without a path (`arn:aws:iam::1:user/staff/alice`), a federated user
    (`arn:aws:sts::1:federated-user/alice`), a principal's id with its session (`AROA…:alice@acme.example`) and a bare
    name. An account's root is nobody in particular.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html

    Args:
        principal: As the trail has it.
    """
    if not principal.startswith("arn:"):
        return principal.rsplit(":", 1)[-1].strip().lower()
    resource = principal.split(":", 5)[-1]
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        _, _, rest = rest.partition("/")
    elif kind not in {"user", "federated-user"}:
        return ""
    return rest.rsplit("/", 1)[-1].strip().lower()


def is_same_person(principal: str, email: str, domains: Collection[str] = ()) -> bool:
    """Say whether a principal is known to be a user: its name is their e-mail, or the part of it before the @.

    The latter counts only where the e-mail's domain belongs to the account. Letter case does not matter. Whoever is not
    recognised is taken for somebody else: a name that only resembles one excludes nobody.

    Args:
        principal: Who made the change, as the trail has it.
        email: The user's.
        domains: Those that belong to the account, in lower case.
    """
    name, email = name_of(principal), email.strip().lower()
    if not name or not email:
        return False
    local, _, domain = email.partition("@")
    return name == email or (name == local and domain in domains)
