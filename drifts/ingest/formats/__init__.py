"""The formats that DriftSentry reads: one module each, listed in `registry`.

To add one: write a module with a `FORMAT` that satisfies `base.Format`, add it to `registry.FORMATS`, and put its
fixtures under `tests/fixtures/`. A parser never masks, compares or judges; later steps do.
"""
