"""The role that walled work runs as, and the wall around this app's table."""

from django.db import migrations

from driftsentry.api import walls


class Migration(migrations.Migration):
    dependencies = [("api", "0002_of_an_account")]

    operations = [
        walls.role(),
        walls.wall("api_idempotent_request"),
    ]
