#!/usr/bin/env python
"""The example's one command: without arguments it serves the pages, with them it is Django's own `manage.py`."""

import os
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.append(str(FOLDER.parent))

from claimsmith_dev import development_instance, tell  # noqa: E402 - it lies beside this example
from django.core.management import execute_from_command_line  # noqa: E402 - as above


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    if len(sys.argv) > 1:
        execute_from_command_line(sys.argv)
        return
    with development_instance(FOLDER):
        place = f"localhost:{os.environ.get('PORT', '8000')}"
        tell(f"Django answers at http://{place}")
        execute_from_command_line([sys.argv[0], "runserver", "--noreload", place])


if __name__ == "__main__":
    main()
