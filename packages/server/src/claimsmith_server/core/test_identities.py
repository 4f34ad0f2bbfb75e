"""Test identities: addresses and numbers that nothing is ever sent to, and whose code is always the same.

They count in development instances in test mode only (case A-034); that is the caller's to check (contract 4.11).
"""

import re

TEST_CODE = "424242"
"""Verifies every test identity."""
_TEST_TAG = "+clerk_test"
_TEST_PHONE = re.compile(r"\+1[0-9]{3}55501[0-9]{2}")


def is_test_address(text: str) -> bool:
    """Whether the e-mail address' local part carries `+clerk_test`, e.g. `ada+clerk_test@example.com`."""
    local, separator, domain = text.rpartition("@")
    return bool(separator and domain) and _TEST_TAG in local.lower()


def is_test_phone(number: str) -> bool:
    """Whether the number in E.164 is `+1XXX55501XX`: 555-0100 to 555-0199 of any area, which nobody has."""
    return _TEST_PHONE.fullmatch(number) is not None
