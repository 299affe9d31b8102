"""The API of stacks, scans and drifts."""
