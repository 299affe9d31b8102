"""Severity rules of accounts: written, changed, removed, and read as the judging asks them."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from audit import journal
from audit.actors import Actor
from drifts.actions.locks import hold
from drifts.listed_rules import built_in_listed
from drifts.models import SeverityRule
from drifts.own_severity import MAX_RULES, OwnRule, complaints, rules_from
from drifts.rule_facts import SeverityRuleChanged, SeverityRuleCreated, SeverityRuleDeleted
from drifts.severity import SeverityRule as AskedRule
from driftsentry.api.errors import Conflict, Invalid, NotFound

WRITTEN = ("severity", "because", "types", "kinds", "attributes", "environments", "test")
FIELDS = ("name", "position", *WRITTEN, "is_enabled")
TAKEN = "There is already a severity rule of this name."
BUILT_IN = "A built-in rule stays as it is; write one of your own, which is asked before it."
FULL = f"An account has at most {MAX_RULES} severity rules; remove one first."


def create_severity_rule(account_id: UUID, *, values: Mapping[str, Any], by: Actor) -> SeverityRule:
    """Write a rule. Scans from now on are judged by it; open drifts are when a scan next shows them.

    Args:
        account_id: The tenant.
        values: Its fields, of `FIELDS`; what is left out means: whatever.
        by: Who does it.

    Raises:
        Invalid: A field says what no rule may say.
        Conflict: The name is taken, or the account has as many rules as it may.
    """
    written = written_rule(values)
    with journal.writing(account_id, by=by) as w:
        hold(f"severity rules {account_id}")
        if SeverityRule.objects.filter(account_id=account_id).count() >= MAX_RULES:
            raise Conflict(FULL)
        rule = SeverityRule(account_id=account_id, author_id=by.id, **_allowed(values))
        for name in WRITTEN:
            setattr(rule, name, getattr(written, name))
        _save(rule, force_insert=True)
        w.record(SeverityRuleCreated(id=rule.pk, name=rule.name, severity=rule.severity))
    return rule


def change_severity_rule(account_id: UUID, rule_id: UUID, *, values: Mapping[str, Any], by: Actor) -> SeverityRule:
    """Change a rule.

    Args:
        account_id: The tenant.
        rule_id: The rule.
        values: New values, of `FIELDS`.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such rule.
        Invalid: A field says what no rule may say.
        Conflict: The new name is taken, or the rule is a built-in one.
    """
    with journal.writing(account_id, by=by) as w:
        rule = _locked(account_id, rule_id)
        pairs = {name: [getattr(rule, name), new] for name, new in _allowed(values).items()}
        changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        for name, (_, new) in changes.items():
            setattr(rule, name, new)
        written_rule({name: getattr(rule, name) for name in WRITTEN})
        if changes:
            _save(rule, update_fields=list(changes))
            w.record(SeverityRuleChanged(id=rule.pk, name=rule.name, changes=changes))
    return rule


def delete_severity_rule(account_id: UUID, rule_id: UUID, *, by: Actor) -> None:
    """Remove a rule.

    Args:
        account_id: The tenant.
        rule_id: The rule.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such rule.
        Conflict: It is a built-in one.
    """
    with journal.writing(account_id, by=by) as w:
        rule = _locked(account_id, rule_id)
        rule.delete()
        w.record(SeverityRuleDeleted(id=rule_id, name=rule.name))


def refuse_built_in(rule_id: UUID) -> None:
    """Refuse to change what every account has.

    Args:
        rule_id: A rule.

    Raises:
        Conflict: It is a built-in one.
    """
    if any(one.id == rule_id for one in built_in_listed()):
        raise Conflict(BUILT_IN)


def written_rule(values: Mapping[str, Any], *, place: str = "") -> OwnRule:
    """Return what a rule says.

    Args:
        values: Its fields; those that say nothing of the rule itself are left aside.
        place: What the names of wrong fields begin with, for the refusal.

    Raises:
        Invalid: A field says what no rule may say.
    """
    written = OwnRule(**{name: values[name] for name in WRITTEN if name in values})
    wrong = complaints(written)
    if wrong:
        errors = [{"field": f"{place}{name}", "message": words} for name, words in wrong.items()]
        raise Invalid("This severity rule cannot be asked.", details={"errors": errors})
    return written


def asked_rules(account_id: UUID) -> tuple[AskedRule, ...]:
    """Return the rules that an account has switched on, as the judging asks them, in their order.

    Args:
        account_id: The tenant.
    """
    return rules_from(rule for _, rule in enabled_rules(account_id))


def enabled_rules(account_id: UUID, *, without: Iterable[UUID] = ()) -> list[tuple[int, OwnRule]]:
    """Return the rules that an account has switched on with their positions, in their order.

    Args:
        account_id: The tenant.
        without: Rules to leave out.
    """
    rows = SeverityRule.objects.for_account(account_id).filter(is_enabled=True).exclude(pk__in=list(without))
    return [(row.pop("position"), OwnRule(**row)) for row in rows.values("position", *WRITTEN)[:MAX_RULES]]


def _allowed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in FIELDS if name in values}


def _locked(account_id: UUID, rule_id: UUID) -> SeverityRule:
    refuse_built_in(rule_id)
    rule = SeverityRule.objects.for_account(account_id).select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound
    return rule


def _save(rule: SeverityRule, **how: Any) -> None:
    try:
        with transaction.atomic():
            rule.save(**how)
    except IntegrityError as error:
        raise Conflict(TAKEN) from error
