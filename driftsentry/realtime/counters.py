"""What the live stream counts for Prometheus."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("driftsentry_realtime_sockets", "Open sockets of this process.")
CLOSED = Counter("driftsentry_realtime_closed", "Sockets that the server closed, by close code.", ["code"])
DELIVERIES = Counter(
    "driftsentry_deliveries",
    "Events handed to a subscriber, by the way they went; failed: the subscriber had to be cut off.",
    ["channel", "outcome"],
)
DELIVERED = DELIVERIES.labels(channel="stream", outcome="delivered")
DELIVERY_FAILED = DELIVERIES.labels(channel="stream", outcome="failed")
READS = Counter(
    "driftsentry_realtime_reads",
    "Batches read from journals: for all live sockets of an account, or for one behind.",
    ["reader"],
)
