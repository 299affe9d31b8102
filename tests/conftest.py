"""What every test may ask for: an owner, an engineer, a viewer of one account, and an outsider of another."""
