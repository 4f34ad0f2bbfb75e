"""Scripts of bundles in memory, plain and compressed; bounded, the least recently asked for goes first."""

import asyncio
import gzip
from collections import OrderedDict
from typing import NamedTuple

from claimsmith_server.services.bundles import Bundle, read_file

MAX_BYTES = 32 * 1024 * 1024
"""Of all scripts together. What a browser loads to sign in takes about two of these megabytes."""
_LEVEL = 6


class Script(NamedTuple):
    """A script as it is sent."""

    octets: bytes
    gzipped: bytes
    sha256: str

    @property
    def size(self) -> int:
        """Bytes that it takes in memory."""
        return len(self.octets) + len(self.gzipped)


class ScriptCache:
    """Reads scripts in a thread, one at a time: a burst reads each file once and leaves the other cores free."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        """Nothing is read yet."""
        self._max_bytes = max_bytes
        self._bytes = 0
        self._scripts: OrderedDict[str, Script] = OrderedDict()
        self._turn = asyncio.Lock()

    @property
    def size(self) -> int:
        """Bytes of what is kept."""
        return self._bytes

    async def load(self, bundle: Bundle, path: str) -> Script:
        """The script; kept by its hash, so that a file put in its place later is not mistaken for it.

        Raises:
            BundleDamagedError: the file is gone or has changed.
            KeyError: the bundle has no such file.
        """
        key = bundle.manifest.files[path].sha256
        script = self._find(key)
        if script is None:
            async with self._turn:
                script = self._find(key) or self._keep(await asyncio.to_thread(_read, bundle, path))
        return script

    def _find(self, key: str) -> Script | None:
        script = self._scripts.get(key)
        if script is not None:
            self._scripts.move_to_end(key)
        return script

    def _keep(self, script: Script) -> Script:
        self._scripts[script.sha256] = script
        self._bytes += script.size
        while self._bytes > self._max_bytes:
            self._bytes -= self._scripts.popitem(last=False)[1].size
        return script


def _read(bundle: Bundle, path: str) -> Script:
    octets = read_file(bundle, path)
    return Script(octets, gzip.compress(octets, _LEVEL, mtime=0), bundle.manifest.files[path].sha256)
