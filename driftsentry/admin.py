"""The admin as a whole: its names, and the tables of the libraries."""

import json
from typing import Any

from allauth.account import admin as _addresses  # noqa: F401 - registers what is taken out below
from allauth.account.models import EmailAddress
from allauth.socialaccount import admin as _links  # noqa: F401 - registers what is taken out below
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.contrib.auth import admin as _groups  # noqa: F401 - registers Group, which is taken out below
from django.contrib.auth.models import Group
from django.utils.html import format_html
from django.utils.safestring import SafeString
from procrastinate.contrib.django.admin import ProcrastinateJobAdmin
from procrastinate.contrib.django.models import ProcrastinateJob

MAX_ARGUMENTS = 2000

admin.site.site_title = "DriftSentry"
admin.site.site_header = "DriftSentry"
admin.site.index_title = "Records"

admin.site.unregister([EmailAddress, SocialAccount, SocialApp, SocialToken])  # users are linked by signing on only
admin.site.unregister(Group)  # what people may do follows from their role alone
admin.site.unregister(ProcrastinateJob)


@admin.register(ProcrastinateJob)
class JobAdmin(ProcrastinateJobAdmin):
    """The worker's queue, for superusers: it has no accounts. No inline styles, which the CSP would refuse."""

    list_display = ["id", "task_name", "pretty_args", "status", "queue_name", "attempts", "scheduled_at"]
    list_filter = ["status"]
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    fields = ["id", "task_name", "pretty_args", "status", "queue_name", "lock", "queueing_lock", "priority"]

    def get_readonly_fields(self, request: Any, obj: ProcrastinateJob | None = None) -> list[str]:
        """All of them.

        Args:
            request: Of a superuser.
            obj: A job.
        """
        return [*super().get_readonly_fields(request, obj), "pretty_args"]

    @admin.display(description="Arguments")
    def pretty_args(self, instance: ProcrastinateJob) -> SafeString:
        """The job's arguments.

        Args:
            instance: A job.
        """
        return format_html('<pre class="json">{}</pre>', json.dumps(instance.args, indent=2)[:MAX_ARGUMENTS])
