"""Bodies that nobody would send: made from the fixtures, read by every parser. `make fuzz` does it for minutes."""
