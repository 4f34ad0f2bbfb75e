"""The schema's history, linear. `REVISIONS` lists it, so that a start needs no Alembic to know where it stands."""

from typing import Final

REVISIONS: Final = ("0001", "0002", "0003")
"""Every revision, oldest first; a test compares it with the files in `versions`."""
HEAD: Final = REVISIONS[-1]
