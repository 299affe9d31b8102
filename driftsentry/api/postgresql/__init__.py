"""Django's PostgreSQL, behind the wall between tenants."""
