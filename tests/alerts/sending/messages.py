"""Messages and settings of each medium, for the tests of how they are sent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from alerts.occasions import Type
from alerts.sending.message import Item, Message

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
LINK = "https://drift.example.com/drifts/0192f0c1-0000-7000-8000-000000000001"
KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OTHER_KEY = "whsec_YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI="

OPENED = Message(
    id="0192f0c1-0000-7000-8000-00000000000a",
    type=Type.DRIFT_DETECTED,
    severity="critical",
    title="aws_security_group.web in prod/network was changed",
    text="Port 22 is open to the whole internet.\nIt was closed in the code.",
    link=LINK,
    at="2026-03-04T05:06:00Z",
    account="Acme & Sons",
    episode="drift:0192f0c1-0000-7000-8000-000000000001",
    details=(("Stack", "prod/network"), ("Environment", "production"), ("Cost", "+ $12.40 a month")),
    data={"driftId": "0192f0c1-0000-7000-8000-000000000001", "stack": "prod/network"},
)
RESOLVED = replace(
    OPENED,
    id="0192f0c1-0000-7000-8000-00000000000b",
    type=Type.DRIFT_RESOLVED,
    title="aws_security_group.web in prod/network is as in the code again",
    text="It was put back by the pipeline.",
    resolves=True,
)
DIGEST = replace(
    OPENED,
    id="0192f0c1-0000-7000-8000-00000000000c",
    type=Type.DIGEST,
    title="14 drifts in prod/network",
    text="One scan found them.",
    episode="digest:0192f0c1-0000-7000-8000-00000000000c",
    details=(("Stack", "prod/network"),),
    items=(
        Item(title="aws_security_group.web: port 22 is open", severity="critical", link=LINK),
        Item(title="aws_s3_bucket.logs: <!channel> *public*", severity="high", link=f"{LINK}?tab=difference&x=1"),
        Item(title="aws_instance.api: tags", severity="", link=LINK),
    ),
    more=11,
    data=None,
    journal={"seq": 42, "hash": "ab" * 32, "signature": "c2lnbmVk"},
)
MESSAGES: dict[str, Message] = {"opened": OPENED, "resolved": RESOLVED, "digest": DIGEST}

Settings = tuple[dict[str, Any], dict[str, Any]]
SETTINGS: dict[str, Settings] = {
    "email": ({"recipients": ["ops@example.com", "Lead@example.com"]}, {}),
    "slack": ({}, {"url": "https://hooks.slack.com/services/T00000000/B00000000/hunter2hunter2"}),
    "teams": ({}, {"url": "https://prod-1.westeurope.logic.azure.com:443/workflows/1/x?sig=hunter2hunter2"}),
    "pagerduty": ({"region": "eu"}, {"routingKey": "hunter2hunter2hunter2hunter2abcd"}),
    "webhook": (
        {},
        {
            "url": "https://hooks.example.com/in?token=hunter2hunter2",
            "signingSecrets": [{"secret": KEY}],
            "headers": {"Authorization": "Bearer hunter2hunter2"},
        },
    ),
}
BOT: Settings = ({"channel": "#ops"}, {"token": "xoxb-hunter2hunter2"})
