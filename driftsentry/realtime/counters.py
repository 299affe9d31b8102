"""What the live stream counts for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

from alerts.counters import DELIVERIES

SOCKETS = Gauge("driftsentry_realtime_sockets", "Open sockets of this process.")
BEHIND = Gauge(
    "driftsentry_realtime_sockets_behind",
    "Of them, those that read the journal by themselves: new, resuming, or slow.",
)
OPENED = Counter("driftsentry_realtime_opened", "Sockets that were opened.")
REFUSED = Counter(
    "driftsentry_realtime_refused",
    "Connections that got no socket: a bad credential, too many of these, or too many sockets.",
    ["reason"],
)
RESETS = Counter(
    "driftsentry_realtime_resets",
    "Clients that were told to fetch afresh, as the past they asked for is not available.",
    ["reason"],
)
LAG = Histogram(
    "driftsentry_realtime_lag_seconds",
    "From when an entry was appended until it was handed to the sockets that keep up, of each batch the oldest.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
CLOSED = Counter("driftsentry_realtime_closed", "Sockets that the server closed, by close code.", ["code"])
DELIVERED = DELIVERIES.labels(channel="stream", outcome="delivered")
DELIVERY_FAILED = DELIVERIES.labels(channel="stream", outcome="failed")
READS = Counter(
    "driftsentry_realtime_reads",
    "Batches read from journals: for all live sockets of an account, or for one behind.",
    ["reader"],
)
