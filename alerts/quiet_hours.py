"""Quiet hours: when a channel is left in peace. Pure."""
