"""Ids of resources: a prefix, the time, and 128 bits of entropy, sortable by age."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EPOCH_SECONDS = 1_400_000_000
_TIME_CHARACTERS = 6
_ENTROPY_CHARACTERS = 22
ENTROPY_BYTES = 16
"""What `make_id` takes."""


def make_id(prefix: str, now: int, entropy: bytes) -> str:
    """An id such as `user_0RtYq04SB2cTzZ6bI3HbnhPgcAxK`: base62 of seconds (6 characters), then of `entropy` (22).

    Ids made in different seconds sort by age as text (code points); `now` is unix milliseconds.
    """
    seconds = now // 1000 - _EPOCH_SECONDS
    return f"{prefix}_{_base62(seconds, _TIME_CHARACTERS)}{_base62(int.from_bytes(entropy), _ENTROPY_CHARACTERS)}"


def _base62(number: int, width: int) -> str:
    characters = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        characters.append(_ALPHABET[digit])
    return "".join(reversed(characters))
