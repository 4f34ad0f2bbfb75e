"""Identifiers that people give: e-mail addresses, phone numbers, usernames, times; one canonical form each, or none."""

import re

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_ORNAMENTS = str.maketrans("", "", " -.()")
_USERNAME = re.compile(r"[A-Za-z0-9_-]{4,64}")
_MAX_EMAIL_CHARACTERS = 254
_MAX_PHONE_CHARACTERS = 32
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_email_address(text: str) -> str | None:
    """The address with its domain in lower case, or `None` when it is none (RFC 5321 without quoted local parts).

    What could be read in two ways, such as comments, two `@`, control characters or look-alikes of `@`, is none
    (case A-029).
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - costs 40 ms, only sign-ups need it

    if len(text) > _MAX_EMAIL_CHARACTERS:
        return None
    try:
        normalized: str = validate_email(
            text, check_deliverability=False, test_environment=True, strict=True
        ).normalized
    except EmailNotValidError:
        return None
    return normalized


def parse_phone_number(text: str) -> str | None:
    """The number in E.164, e.g. `+15555550100`, without its ornaments ` -.()`; `None` when it is none."""
    if len(text) > _MAX_PHONE_CHARACTERS:
        return None
    number = text.translate(_PHONE_ORNAMENTS)
    return number if _PHONE.fullmatch(number) else None


def is_username(text: str) -> bool:
    """Whether it has 4 to 64 ASCII letters, digits, `-` or `_`."""
    return _USERNAME.fullmatch(text) is not None


def parse_rfc3339(text: str) -> int | None:
    """Unix milliseconds of a time such as `2012-10-20T07:15:20.902Z`; `None` when it is none, or before 1970."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    days = _days_since_epoch(year, month, day)
    if days is None or hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock's face
        return None
    sign, offset_hour, offset_minute = found[8], int(found[9] or 0), int(found[10] or 0)
    seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    offset = offset_hour * 3600 + offset_minute * 60
    seconds += offset if sign == "-" else -offset
    milliseconds = seconds * 1000 + int((found[7] or "0").ljust(3, "0")[:3])
    return milliseconds if milliseconds >= 0 else None


def _days_since_epoch(year: int, month: int, day: int) -> int | None:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS_IN_MONTH[month - 1] + (month == 2 and leap):  # noqa: PLR2004
        return None
    before = year - 1
    leaps = before // 4 - before // 100 + before // 400 - 477
    return (year - 1970) * 365 + leaps + _DAYS_BEFORE_MONTH[month - 1] + (month > 2 and leap) + day - 1  # noqa: PLR2004
