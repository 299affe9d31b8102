"""Measurements, each beside a bare baseline on the same engine: `python -m tests.benchmarks`, or `make bench`."""
