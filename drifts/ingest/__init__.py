"""The ingest path: bytes → documents → findings → masked, compared and judged observations. Pure throughout."""
