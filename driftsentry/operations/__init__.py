"""Running DriftSentry: is it alive, is it ready, and its numbers for Prometheus."""
