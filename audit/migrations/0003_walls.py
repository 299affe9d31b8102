"""The walls around the journal: walled work appends, and erases the personal part; a head only ever moves."""

from django.db import migrations

from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only"), ("api", "0003_walls")]

    operations = [
        walls.wall("audit_log", verbs=("SELECT", "INSERT", "UPDATE (personal, salt)")),
        walls.wall("audit_head", verbs=("SELECT", "INSERT", "UPDATE (seq, hash)")),
    ]
