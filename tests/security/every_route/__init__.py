"""Attacks on every route, generated from the URL map and the OpenAPI document: a new route or field is attacked too."""
