"""Routing: which channel hears of which occasion. Pure."""
