"""Text in generated source: no character that an editor or a terminal would not show as one."""


def escape_unprintable(source: str) -> str:
    r"""The source with every control, direction and other invisible character but the newline as `\u` and four digits.

    For languages whose source has such characters in double-quoted strings only: JSON, and our TypeScript.
    """
    return "".join(one if one == "\n" or one.isprintable() else _escape(one) for one in source)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
