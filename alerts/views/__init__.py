"""The API of alerts, channels and deliveries."""
