"""The journal's tables. Nothing but `audit.journal` writes them; a trigger refuses changes (see the migrations)."""

import uuid

from django.db import models


class AuditHead(models.Model):
    """The end of one account's chain: the row that an append locks."""

    account = models.OneToOneField("accounts.Account", models.PROTECT, primary_key=True, db_constraint=False)
    epoch = models.UUIDField(default=uuid.uuid4, help_text="Changes when a database is restored: readers start afresh.")
    seq = models.BigIntegerField(default=0, help_text="The last entry's number.")
    hash = models.BinaryField(default=bytes(32), help_text="The last entry's hash.")
    # Readers of the past look at it in the query that they make anyway: what is not after it is no longer here.
    archived_seq = models.BigIntegerField(
        default=0, db_default=0, help_text="Up to this number the entries are archived; the latest checkpoint's."
    )

    class Meta:
        """One row an account."""

        db_table = "audit_head"

    def __str__(self) -> str:
        """Whose it is and how far it goes."""
        return f"{self.account_id} at {self.seq}"


class AuditLog(models.Model):
    """One fact that happened, in its account's order; append-only and hash-chained (tamper-evident)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_constraint=False)
    seq = models.BigIntegerField(help_text="The entry's place in its account, from 1 without a gap.")
    at = models.DateTimeField(help_text="When it was appended; never before the entry before it.")
    kind = models.TextField(help_text="What happened, e.g. drift.approved.")
    v = models.PositiveSmallIntegerField(help_text="The version of its data.")
    drift_id = models.UUIDField(null=True, help_text="The drift it is about.")
    actor_id = models.UUIDField(null=True, help_text="The user who did it; none for the system.")
    actor_role = models.TextField(help_text="The actor's role at that time.")
    correlation_id = models.TextField(blank=True, help_text="Ties it to the request's log lines.")
    data = models.JSONField(help_text="The fact.")
    personal = models.JSONField(null=True, help_text="E-mail, address, user agent, free text; null once erased.")
    salt = models.BinaryField(null=True, help_text="Salt of the personal part's digest; null once erased.")
    personal_digest = models.BinaryField(help_text="What stands for the personal part in the chain.")
    prev_hash = models.BinaryField(help_text="The hash of the entry before it.")
    hash = models.BinaryField(help_text="sha256(prev_hash || RFC 8785 text of the entry).")

    class Meta:
        """Ordered by its number within the account."""

        db_table = "audit_log"
        verbose_name = "journal entry"
        verbose_name_plural = "journal entries"
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="audit_log_account_seq"),
            models.CheckConstraint(condition=models.Q(seq__gt=0), name="audit_log_seq_from_one"),
        ]
        indexes = [
            models.Index(
                fields=["account", "drift_id", "seq"],
                name="audit_log_drift",
                condition=models.Q(drift_id__isnull=False),
            ),
            models.Index(fields=["account", "kind", "seq"], name="audit_log_kind"),
            models.Index(fields=["account", "actor_id", "seq"], name="audit_log_actor"),
        ]

    def __str__(self) -> str:
        """Its number and kind."""
        return f"#{self.seq} {self.kind}"


class AuditCheckpoint(models.Model):
    """Up to where a journal was archived, signed: the chain that is left hangs on it. Append-only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_constraint=False)
    seq = models.BigIntegerField(help_text="The last archived entry's number.")
    hash = models.BinaryField(help_text="The last archived entry's hash.")
    at = models.DateTimeField(help_text="When the last archived entry was appended.")
    archived_at = models.DateTimeField(help_text="When the archive was made.")
    entries = models.BigIntegerField(help_text="How many entries the file holds.")
    file_name = models.TextField(help_text="The file that holds them.")
    file_digest = models.BinaryField(help_text="sha256 of that file.")
    key_id = models.TextField(help_text="The key that signed this checkpoint.")
    signature = models.TextField(help_text="Ed25519 over all of the above; base64.")

    class Meta:
        """Each goes further than the one before."""

        db_table = "audit_checkpoint"
        verbose_name = "journal checkpoint"
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["account", "seq"], name="audit_checkpoint_account_seq")]

    def __str__(self) -> str:
        """Up to where it goes."""
        return f"archived up to #{self.seq}"
