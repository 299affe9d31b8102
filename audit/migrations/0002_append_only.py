"""The append function and the triggers that keep the journal append-only."""

from django.db import migrations

from audit.migrations import _journal_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(_journal_sql.APPEND, _journal_sql.DROP_APPEND),
        migrations.RunSQL(_journal_sql.PROTECT, _journal_sql.UNPROTECT),
    ]
