"""The deploy files say what the code does."""
