"""What the live stream counts for Prometheus."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("driftsentry_realtime_sockets", "Open sockets of this process.")
CLOSED = Counter("driftsentry_realtime_closed", "Sockets that the server closed, by close code.", ["code"])
READS = Counter(
    "driftsentry_realtime_reads",
    "Batches read from journals: for all live sockets of an account, or for one behind.",
    ["reader"],
)
