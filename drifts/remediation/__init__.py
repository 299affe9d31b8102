"""What to do about a drift: the commands, the patch of the code, and the request to the team's pipeline. Pure."""
