"""Where an archived journal begins: signed checkpoints, and the one way to drop what they say is archived."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from audit.migrations import _journal_sql
from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("audit", "0003_walls")]

    operations = [
        migrations.AddField(
            model_name="audithead",
            name="archived_seq",
            field=models.BigIntegerField(
                db_default=0,
                default=0,
                help_text="Up to this number the entries are archived; the latest checkpoint's.",
            ),
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField(help_text="The last archived entry's number.")),
                ("hash", models.BinaryField(help_text="The last archived entry's hash.")),
                ("at", models.DateTimeField(help_text="When the last archived entry was appended.")),
                ("archived_at", models.DateTimeField(help_text="When the archive was made.")),
                ("entries", models.BigIntegerField(help_text="How many entries the file holds.")),
                ("file_name", models.TextField(help_text="The file that holds them.")),
                ("file_digest", models.BinaryField(help_text="sha256 of that file.")),
                ("key_id", models.TextField(help_text="The key that signed this checkpoint.")),
                ("signature", models.TextField(help_text="Ed25519 over all of the above; base64.")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "verbose_name": "journal checkpoint",
                "db_table": "audit_checkpoint",
                "ordering": ["seq"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "seq"), name="audit_checkpoint_account_seq")
                ],
            },
        ),
        migrations.RunSQL(_journal_sql.PROTECT_CHECKPOINTS, _journal_sql.UNPROTECT_CHECKPOINTS),
        migrations.RunSQL(_journal_sql.PROTECT_BUT_ARCHIVED, _journal_sql.PROTECT_ALL),
        migrations.RunSQL(_journal_sql.DROP_ARCHIVED, _journal_sql.UNDROP_ARCHIVED),
        # Only the operator's command makes one: it has been let through the wall.
        walls.wall("audit_checkpoint", verbs=("SELECT",)),
    ]
