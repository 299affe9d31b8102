"""No entry can be put in before the first one.

The rows that are there are not checked: that would read the whole journal, and an entry that was forged before could
neither be removed nor would it let the migration pass. Verification names it.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_checkpoints")]

    operations = [
        AddConstraintNotValid(
            model_name="auditlog",
            constraint=models.CheckConstraint(condition=models.Q(seq__gt=0), name="audit_log_seq_from_one"),
        ),
    ]
