"""Statements made ready for a driver: compiled once a structure, with each one's own values."""

from sqlalchemy import bindparam, case, select, update

from claimsmith_server.store.schema import clients, users
from claimsmith_server.store.sqlite import DIALECT
from claimsmith_server.store.statements import Statements, prepare


def by_ids(*ids: str):  # noqa: ANN201 - SQLAlchemy's own type says nothing here
    return select(users.c.id).where(users.c.instance_id == "ins_a", users.c.id.in_(ids)).limit(len(ids))


def test_statements_of_one_structure_are_compiled_once_and_keep_their_own_values() -> None:
    statements = Statements(DIALECT)
    for number in range(50):
        prepared = statements.prepare(
            update(users)
            .where(users.c.id == f"user_{number}")
            .values(updated_at=number, failed_attempts=case((users.c.updated_at > number, 1), else_=number))
        )
        assert sorted(map(str, prepared.bind(None))) == sorted([f"user_{number}", *([str(number)] * 3), "1"])
        assert prepared.writes
    assert len(statements._compiled) == 1


def test_a_list_of_any_length_is_written_out_with_its_own_members() -> None:
    statements = Statements(DIALECT)
    for ids in (("a",), ("b", "c", "d"), (), ("e", "f")):
        fresh, prepared = prepare(by_ids(*ids), DIALECT), statements.prepare(by_ids(*ids))
        assert prepared.sql == fresh.sql
        assert prepared.bind(None) == fresh.bind(None)
        assert prepared.bind(None)[: len(ids) + 2] == ["ins_a", *ids, len(ids)]
        assert not prepared.writes
    assert len(statements._compiled) <= 1


def test_what_differs_in_more_than_values_is_not_confused() -> None:
    statements = Statements(DIALECT)
    one = statements.prepare(select(users.c.id).where(users.c.id == "x"))
    other = statements.prepare(select(users.c.id).where(users.c.external_id == "x"))
    third = statements.prepare(select(clients.c.id).where(clients.c.id == "x"))
    null = statements.prepare(select(users.c.id).where(users.c.external_id.is_(None)))
    assert len({one.sql, other.sql, third.sql, null.sql}) == 4
    assert null.bind(None) == []


def test_named_parameters_come_with_the_call() -> None:
    statements = Statements(DIALECT)
    statement = select(users.c.id).where(users.c.id == bindparam("id", required=False), users.c.locked == True)  # noqa: E712
    again = select(users.c.id).where(users.c.id == bindparam("id", required=False), users.c.locked == True)  # noqa: E712
    for one in (statement, again, statement):
        assert "x" in statements.prepare(one).bind({"id": "x"})
