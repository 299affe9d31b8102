"""More reasons why a session ends before its time: no change of the table itself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="revoked_because",
            field=models.CharField(
                blank=True,
                choices=[
                    ("logout", "Logged out"),
                    ("reused", "A used refresh token came again"),
                    ("password", "An admin set another password"),
                    ("deactivated", "The user was deactivated"),
                ],
                max_length=20,
            ),
        ),
    ]
