"""The web server: daphne, with limits on what a client may send and how long it may take."""
