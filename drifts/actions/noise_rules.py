"""Built-in noise rules, switched on and off by an account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit import journal
from audit.actors import Actor
from drifts.ingest.noise import BUILT_IN, NOISE, NoiseRule, NoiseTable
from drifts.models import NoiseChoice
from drifts.rule_facts import NoiseRuleSwitched
from driftsentry.api.errors import Invalid, NotFound

MAX_REASON = 1000
_BY_ID = {rule.id: rule for rule in NOISE}


@dataclass(frozen=True, slots=True)
class ListedNoiseRule:
    """A noise rule as it stands for an account.

    Attributes:
        rule: The built-in line.
        is_enabled: Whether it counts.
        choice: What the account has said, if anything.
    """

    rule: NoiseRule
    is_enabled: bool
    choice: NoiseChoice | None = None


def listed_noise_rules(account_id: UUID) -> list[ListedNoiseRule]:
    """All built-in rules, as they stand for an account.

    Args:
        account_id: The tenant.
    """
    choices = {one.rule: one for one in NoiseChoice.objects.for_account(account_id)}
    return [_listed(rule, choices.get(rule.id)) for rule in NOISE]


def noise_of(account_id: UUID) -> NoiseTable:
    """The noise rules that count for an account.

    Args:
        account_id: The tenant.
    """
    choices = dict(NoiseChoice.objects.for_account(account_id).values_list("rule", "is_enabled"))
    if not choices:
        return BUILT_IN
    return NoiseTable(rule for rule in NOISE if choices.get(rule.id, rule.is_enabled))


def switch_noise_rule(
    account_id: UUID, rule_id: str, *, is_enabled: bool | None = None, reason: str = "", by: Actor
) -> ListedNoiseRule:
    """Switch a rule on or off. Scans from now on are judged so.

    Args:
        account_id: The tenant.
        rule_id: The rule's id in the built-in table.
        is_enabled: Whether it is to count; None: as before.
        reason: Why, at most `MAX_REASON` characters.
        by: Who does it.

    Raises:
        NotFound: There is no such rule.
        Invalid: The reason is too long.
    """
    rule = _BY_ID.get(rule_id)
    if rule is None:
        raise NotFound
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise Invalid.field("reason", f"At most {MAX_REASON} characters.")
    with journal.writing(account_id, by=by) as w:
        choice = NoiseChoice.objects.for_account(account_id).select_for_update().filter(rule=rule.id).first()
        before = choice.is_enabled if choice else rule.is_enabled
        if is_enabled is None or before == is_enabled:
            return _listed(rule, choice)
        choice = _chosen(account_id, rule, is_enabled=is_enabled, reason=reason, by=by, at=w.now)
        w.record(NoiseRuleSwitched(id=choice.pk, rule=rule.id, is_enabled=is_enabled, text=reason))
    return _listed(rule, choice)


def _chosen(
    account_id: UUID, rule: NoiseRule, *, is_enabled: bool, reason: str, by: Actor, at: datetime
) -> NoiseChoice:
    values = {"is_enabled": is_enabled, "reason": reason, "author_id": by.user_id, "switched_at": at}
    choice, _ = NoiseChoice.objects.update_or_create(account_id=account_id, rule=rule.id, defaults=values)
    return choice


def _listed(rule: NoiseRule, choice: NoiseChoice | None) -> ListedNoiseRule:
    return ListedNoiseRule(rule, choice.is_enabled if choice else rule.is_enabled, choice)
