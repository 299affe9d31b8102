#!/usr/bin/env python
"""DriftSentry's command line."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the command named in the arguments."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "driftsentry.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
