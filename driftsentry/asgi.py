"""The ASGI application: REST and admin, and the live stream at `/ws`."""

import os
from typing import Any

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "driftsentry.settings")
django_application: Any = get_asgi_application()

# Only now: these need Django's apps to be ready.
from django.conf import settings  # noqa: E402

from driftsentry.api.bodies import BoundedBodies  # noqa: E402
from driftsentry.realtime.consumer import LiveStream  # noqa: E402
from driftsentry.realtime.hub import Hub  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(django_application, limit=settings.MAX_SCAN_BODY_BYTES),
        "websocket": LiveStream(Hub()),
    }
)
