"""The services of a machine that has none: an embedded PostgreSQL, a Redis where one is found, what keeps them alive.

Only development and tests use this package; production gets `DATABASE_URL` and `REDIS_URL` from its environment.
Nothing here needs Django's settings: they are read after these services run.
"""
