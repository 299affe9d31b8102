"""Drifts as files: JSON, CSV and SARIF, each made of the rows as lists show them, a batch at a time."""
