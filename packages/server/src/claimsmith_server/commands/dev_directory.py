"""The folder of a development server: database, master key, and the secret key that production shows only once."""

import base64
import os
from pathlib import Path

import msgspec

from claimsmith_server.clock import Clock
from claimsmith_server.core.sealing import MASTER_KEY_BYTES

DATABASE_NAME = "claimsmith.db"
MASTER_KEY_NAME = "master.key"
SECRET_KEY_NAME = "secret_key"  # noqa: S105 - a file's name
_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600


class DirectoryUnusable(Exception):  # noqa: N818 - reads as the state it is
    """The folder can't hold a development server; the message says why and what to do."""


class DevDirectory(msgspec.Struct, frozen=True):
    """The files of a development server."""

    path: Path

    @property
    def database_url(self) -> str:
        """The SQLite file as `settings.database_url` spells it."""
        return f"sqlite:///{self.path / DATABASE_NAME}"

    @property
    def master_key_file(self) -> Path:
        """The master key."""
        return self.path / MASTER_KEY_NAME

    def read_secret_key(self) -> str | None:
        """The development instance's secret key, if it was written here."""
        file = self.path / SECRET_KEY_NAME
        return file.read_text(encoding="ascii").strip() if file.exists() else None

    def write_secret_key(self, secret_key: str) -> None:
        """Keep the development instance's secret key for the next start."""
        write_private(self.path / SECRET_KEY_NAME, secret_key + "\n")


def open_directory(path: Path, clock: Clock) -> DevDirectory:
    """The folder, made with a master key when it is new.

    Raises:
        DirectoryUnusable: it can't be written, or it has a database but no master key (case K-011).
    """
    directory = DevDirectory(path.absolute())
    try:
        directory.path.mkdir(mode=_DIRECTORY_MODE, parents=True, exist_ok=True)
        if not directory.master_key_file.exists():
            if (directory.path / DATABASE_NAME).exists():
                raise DirectoryUnusable(
                    f"{path} holds a database, but its {MASTER_KEY_NAME} is gone: without it the signing keys can't be "
                    "opened. Put the file back, or start with another --data folder."
                )
            write_master_key(directory.master_key_file, clock)
        _probe(directory.path)
    except OSError as error:
        raise DirectoryUnusable(
            f"{path} can't be written: {error.strerror}. Choose another folder with --data, or use --ephemeral."
        ) from error
    return directory


def write_master_key(file: Path, clock: Clock) -> None:
    """A new master key, 32 random bytes in base64; never over an old one."""
    write_private(file, base64.b64encode(clock.entropy(MASTER_KEY_BYTES)).decode() + "\n")


def write_private(file: Path, text: str) -> None:
    """A new file that only its owner may read (case L-004).

    Raises:
        FileExistsError: there is one already.
    """
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(text)


def _probe(path: Path) -> None:
    probe = path / ".writable"
    probe.touch()
    probe.unlink()
