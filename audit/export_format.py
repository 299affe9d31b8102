"""An exported journal: how it is written and verified, with no database. Pure."""
