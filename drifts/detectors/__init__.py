"""What DriftSentry reads by itself: each detector reads one stack and says what it found, as a format does."""
