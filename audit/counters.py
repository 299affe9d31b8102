"""What the journal counts for Prometheus."""

from prometheus_client import Counter

ENTRIES = Counter("driftsentry_journal_entries", "Journal entries committed by this process.", ["kind"])
