"""What the store raises: one small family, the same from both engines."""


class StoreError(Exception):
    """Anything that the store refuses or can't do."""


class UniqueViolation(StoreError):  # noqa: N818 - the database's word
    """Another row of the instance has this value already; nothing was written.

    `table` and `columns` are names of the schema, without `instance_id`; `field` is the wire's name of the parameter,
    e.g. `email_address`.
    """

    def __init__(self, table: str, columns: tuple[str, ...], field: str) -> None:
        super().__init__(f"{table}: {field} is taken")
        self.table = table
        self.columns = columns
        self.field = field


class ForeignKeyViolation(StoreError):  # noqa: N818 - the database's word
    """The row points to something that this instance does not have, or something still points to it."""


class InvalidValue(StoreError):  # noqa: N818 - reads as the refusal it is
    """A value that one of the engines can't hold: refused before either sees it. `name` is the parameter's."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


class TooLarge(StoreError):  # noqa: N818 - reads as the refusal it is
    """A merged value is over its limit; nothing was written."""

    def __init__(self, name: str, size: int, limit: int) -> None:
        super().__init__(f"{name}: {size} bytes, {limit} are allowed")
        self.name = name
        self.size = size
        self.limit = limit


class UnknownCursor(StoreError):  # noqa: N818 - reads as the refusal it is
    """`starting_after` names nothing in this instance."""


class UnknownSecretKey(StoreError):  # noqa: N818 - reads as the refusal it is
    """No live secret key has this hash."""


class VersionConflict(StoreError):  # noqa: N818 - reads as the refusal it is
    """The instance's `config_version` is not the one expected; nothing was written."""

    def __init__(self, expected: int, actual: int | None) -> None:
        super().__init__(f"config_version is {actual}, expected {expected}")
        self.expected = expected
        self.actual = actual


class CorruptRow(StoreError):  # noqa: N818 - what was found
    """A stored row can't be read as what it should be: the request fails, nothing is guessed (case Z-012)."""


class Busy(StoreError):  # noqa: N818 - the database's word
    """No connection or lock came free in time; trying again later is right."""


class Unavailable(StoreError):  # noqa: N818 - reads as the state it is
    """The database can't be reached or can't write. What was being written may or may not be stored."""


class NestedTransaction(StoreError):  # noqa: N818 - what was attempted
    """A transaction was asked for inside a transaction: pass the `Tx` on instead."""


class SchemaTooOld(StoreError):  # noqa: N818 - the state found
    """The database lacks migrations that this code needs: run `claimsmith migrate`. `found` is None when empty."""

    def __init__(self, found: str | None, needed: str) -> None:
        super().__init__(f"the database is at schema {found or 'none'}, this version needs {needed}")
        self.found = found
        self.needed = needed


class SchemaTooNew(StoreError):  # noqa: N818 - the state found
    """The database was migrated by a newer version of this service: upgrade the service, or restore a backup."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(f"the database is at schema {found}, this version knows up to {known}")
        self.found = found
        self.known = known
