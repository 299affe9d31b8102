"""The demo: people, a few decided drifts, a realistic plan and a month of history, all through the real actions."""
