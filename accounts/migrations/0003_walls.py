"""The walls around tenants and their people, and what walled work may do with the tables of the libraries."""

from django.db import migrations

from driftsentry.api import walls

READ, ADD = "SELECT", "INSERT"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_identity"),
        ("api", "0003_walls"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("procrastinate", "0041_post_retry_failed_job"),
        ("sessions", "0001_initial"),
        ("socialaccount", "0006_alter_socialaccount_extra_data"),
    ]

    operations = [
        walls.wall("accounts_account", account="id"),
        *map(
            walls.wall,
            [
                "accounts_user",
                "accounts_session",
                "accounts_api_key",
                "accounts_domain",
                "accounts_one_time_token",
                "accounts_second_factor",
                "accounts_recovery_code",
            ],
        ),
        # Browser sessions of the admin: whoever knows one's key has it.
        walls.beside("django_session", *walls.ALL),
        walls.beside("django_content_type", READ),
        walls.wall_by_user("django_admin_log", READ, ADD),
        walls.beside("auth_permission", READ),
        walls.beside("auth_group", READ),
        walls.beside("auth_group_permissions", READ),
        walls.wall_by_user("accounts_user_groups", READ),
        walls.wall_by_user("accounts_user_user_permissions", READ),
        walls.wall_by_user("socialaccount_socialaccount", *walls.ALL),
        # A request puts jobs in the queue; what becomes of them is the worker's.
        walls.beside("procrastinate_jobs", READ, ADD),
        walls.beside("procrastinate_events", ADD),
        walls.beside("SEQUENCE procrastinate_jobs_id_seq", "USAGE"),
        walls.beside("SEQUENCE procrastinate_events_id_seq", "USAGE"),
    ]
