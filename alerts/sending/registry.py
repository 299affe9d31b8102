"""Every medium, by the name that a channel's kind has."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alerts.sending.base import Sender
from alerts.sending.email import Email
from alerts.sending.pagerduty import PagerDuty
from alerts.sending.slack import Slack
from alerts.sending.teams import Teams
from alerts.sending.webhook import Webhook

SLACK = Slack()
"""By its name, since it can also find a person's id: see its `lookup` and `found`."""

SENDERS: Mapping[str, Sender] = MappingProxyType(
    {"email": Email(), "slack": SLACK, "teams": Teams(), "pagerduty": PagerDuty(), "webhook": Webhook()}
)
