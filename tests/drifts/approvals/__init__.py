"""Decisions that take several people."""
