"""What the log tests look for; none of it opens anything."""

PASSWORD = "hunter2-hunter2"
ACCESS_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
REFRESH_TOKEN = "opaque-refresh-0123456789"
API_KEY = "ds_live_0123456789abcdef"
DATABASE_URL = "postgres://driftsentry:pa%40ss-word@db.internal:5432/driftsentry"
REDIS_URL = "redis://:redis-pass-word@redis.internal:6379/0"

FORBIDDEN = (PASSWORD, ACCESS_TOKEN, REFRESH_TOKEN, API_KEY, "pa%40ss-word", "redis-pass-word")
