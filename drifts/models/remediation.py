"""The hook that puts drifts back, and each time it was asked to. Only `drifts.actions` writes them."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from drifts.models.drifts import Drift
from drifts.models.stacks import Stack
from drifts.models.triggers import touched
from driftsentry.api.encryption import EncryptedTextField
from driftsentry.api.ids import new_id


class RemediationHook(models.Model):
    """The team's pipeline, asked to put a resource back once somebody has approved that."""

    class Kinds(models.TextChoices):
        """How it is asked; `drifts.remediation.requests` has the requests."""

        GENERIC = "generic", "Any address: a signed request (Standard Webhooks)"
        GITHUB = "github", "GitHub: repository_dispatch"
        GITLAB = "gitlab", "GitLab: pipeline trigger"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    stack = models.OneToOneField(Stack, models.CASCADE, related_name="remediation_hook")
    kind = models.CharField(max_length=20, choices=Kinds.choices)
    url = models.CharField(max_length=2000, help_text="Where it is asked; of GitHub and GitLab the API's address.")
    project = models.CharField(max_length=300, blank=True, help_text="owner/repository, or GitLab's project.")
    ref = models.CharField(max_length=200, blank=True, help_text="The branch or tag that GitLab runs.")
    secret = EncryptedTextField(help_text="The token, or the key that signs; encrypted.")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One a stack."""

        db_table = "drifts_remediation_hook"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["github", "gitlab", "generic"]), name="drifts_remediation_hook_kind"
            )
        ]
        triggers = [touched("remediation_hook_updated_at")]

    def __str__(self) -> str:
        """How it is asked."""
        return f"{self.kind} of {self.stack_id}"


class RemediationRunQuerySet(models.QuerySet["RemediationRun"]):
    """Reads of runs."""

    def for_account(self, account_id: UUID) -> RemediationRunQuerySet:
        """The runs of a tenant, each with its drift and stack.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id).select_related("drift__stack")


class RemediationRun(models.Model):
    """One time that a pipeline was asked to put a resource back, and what became of it."""

    class Statuses(models.TextChoices):
        """Where it stands."""

        PENDING = "pending", "To be asked"
        SENT = "sent", "Asked"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+")
    drift = models.ForeignKey(Drift, models.PROTECT, related_name="remediation_runs")
    kind = models.CharField(max_length=20, choices=RemediationHook.Kinds.choices, help_text="The hook's.")
    status = models.CharField(max_length=20, choices=Statuses.choices, default=Statuses.PENDING)
    token_digest = models.BinaryField(max_length=32, help_text="Of the token that its answer must show, once.")
    attempts = models.PositiveSmallIntegerField(default=0)
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="HTTP status of the last try.")
    next_try_at = models.DateTimeField(null=True, blank=True, help_text="When it is to be asked, or asked again.")
    deadline = models.DateTimeField(null=True, blank=True, help_text="By when the pipeline must have answered.")
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    external_id = models.CharField(max_length=200, blank=True, help_text="What the pipeline calls it.")
    url = models.CharField(max_length=2000, blank=True, help_text="Where people can watch it.")
    message = models.CharField(max_length=2000, blank=True, help_text="What was said at its end.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = RemediationRunQuerySet.as_manager()

    class Meta:
        """Newest first; those that are not over are few and have indexes of their own."""

        db_table = "drifts_remediation_run"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "sent", "succeeded", "failed"]), name="drifts_remediation_run_status"
            ),
            models.UniqueConstraint(
                fields=["account", "drift"],
                condition=Q(status__in=["pending", "sent"]),
                name="drifts_remediation_run_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="drifts_remediation_run_newest"),
            models.Index(fields=["next_try_at"], condition=Q(status="pending"), name="drifts_remediation_run_due"),
            models.Index(fields=["deadline"], condition=Q(status="sent"), name="drifts_remediation_run_late"),
        ]
        triggers = [touched("remediation_run_updated_at")]

    def __str__(self) -> str:
        """Which pipeline, and how it went."""
        return f"{self.kind} for {self.drift_id}: {self.status}"
