"""The tables. What a column means stands at the field of the same name in `core.models`.

Rules: `instance_id` leads every key and every foreign key, so that no row can point into another instance (case
Z-001); times are unix milliseconds; JSON is TEXT, which keeps numbers, order and duplicates' outcome the same on both
engines (JSONB would not); what must be unique regardless of case has a `normal_` column beside it, lower-cased by
Python, so that both engines agree. A column's `info["field"]` is the wire's name of the parameter it comes from.

On SQLite the tables are WITHOUT ROWID: a row lies in its key's own tree, so a look-up descends one tree, not two. With
a million users that makes the mint's read 1.9 times as fast (measured; larger pages made it slower).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

TEXT = Text(collation="C").with_variant(Text(), "sqlite")
"""Text ordered by code points on both engines."""


def _text(name: str, *, nullable: bool = False, field: str | None = None) -> Column[Any]:
    return Column(name, TEXT, nullable=nullable, info={"field": field} if field else {})


def _json(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, TEXT, nullable=nullable, info={"json": True})


def _integer(name: str, *, nullable: bool = False, default: str | None = None) -> Column[Any]:
    return Column(name, BigInteger, nullable=nullable, autoincrement=False, server_default=default)


def _bytes(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, LargeBinary, nullable=nullable)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


def _of_instance() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["instance_id"], ["instances.id"], ondelete="CASCADE")


def _of(column: str, target: str, *, key: str = "id", ondelete: str | None = "CASCADE") -> ForeignKeyConstraint:
    """A pointer to a row of the same instance."""
    return ForeignKeyConstraint(
        ["instance_id", column],
        [f"{target}.instance_id", f"{target}.{key}"],
        ondelete=ondelete,
        onupdate=None if ondelete else "CASCADE",
    )


def _table(name: str, *items: SchemaItem, key: tuple[str, ...] = ("instance_id", "id")) -> Table:
    """A table whose rows belong to an instance."""
    return Table(name, metadata, _text("instance_id"), *items, PrimaryKeyConstraint(*key), sqlite_with_rowid=False)


instances = Table(
    "instances",
    metadata,
    _text("id"),
    _text("slug", field="slug"),
    _text("environment"),
    _text("frontend_api"),
    _json("settings"),
    _integer("config_version"),
    _integer("session_claims_version"),
    _integer("created_at"),
    _integer("updated_at"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("slug"),
)

secret_keys = _table(
    "secret_keys",
    _text("id"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _text("last_characters"),
    _integer("created_at"),
    _integer("revoked_at", nullable=True),
    _integer("last_used_at", nullable=True),
    _of_instance(),
)

signing_keys = _table(
    "signing_keys",
    _text("kid"),
    _text("algorithm"),
    _text("status"),
    _json("public_jwk"),
    Column("sealed_private_key", LargeBinary, nullable=False),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    key=("instance_id", "kid"),  # removed keys stay as rows, so that no kid is used twice (case K-004)
)
Index(
    "uq_signing_keys_active",
    signing_keys.c.instance_id,
    unique=True,
    sqlite_where=text("status = 'active'"),
    postgresql_where=text("status = 'active'"),
)

users = _table(
    "users",
    _text("id"),
    _text("external_id", nullable=True, field="external_id"),
    _text("username", nullable=True),
    _text("normal_username", nullable=True, field="username"),
    _text("first_name", nullable=True),
    _text("last_name", nullable=True),
    _text("normal_name"),
    _text("locale", nullable=True),
    _text("image_url"),
    _flag("has_image"),
    _text("primary_email_address_id", nullable=True),
    _text("primary_phone_number_id", nullable=True),
    _text("primary_web3_wallet", nullable=True),
    _text("password_digest", nullable=True),
    _integer("password_last_updated_at", nullable=True),
    _flag("two_factor_enabled"),
    _json("public_metadata"),
    _json("private_metadata"),
    _json("unsafe_metadata"),
    _flag("banned"),
    _flag("locked"),
    _flag("delete_self_enabled"),
    _flag("create_organization_enabled"),
    _integer("create_organizations_limit", nullable=True),
    _integer("legal_accepted_at", nullable=True),
    _integer("last_sign_in_at", nullable=True),
    _integer("last_active_at", nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _integer("failed_attempts", default="0"),
    _integer("lockout_expires_at", nullable=True),
    _of_instance(),
    UniqueConstraint("instance_id", "normal_username"),
    UniqueConstraint("instance_id", "external_id"),
    Index("ix_users_created_at", "instance_id", "created_at", "id"),
    Index("ix_users_last_active_at", "instance_id", "last_active_at", "id"),
)

email_addresses = _table(
    "email_addresses",
    _text("id"),
    _text("user_id"),
    _integer("position"),
    _text("email_address"),
    _text("normal_email_address", field="email_address"),
    _flag("reserved"),
    _text("verification_status"),
    _text("verification_strategy", nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _of("user_id", "users"),
    UniqueConstraint("instance_id", "normal_email_address"),
    Index("ix_email_addresses_user_id", "instance_id", "user_id"),
)

phone_numbers = _table(
    "phone_numbers",
    _text("id"),
    _text("user_id"),
    _integer("position"),
    _text("phone_number", field="phone_number"),
    _flag("reserved"),
    _text("verification_status"),
    _text("verification_strategy", nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _of("user_id", "users"),
    UniqueConstraint("instance_id", "phone_number"),
    Index("ix_phone_numbers_user_id", "instance_id", "user_id"),
)

clients = _table(
    "clients",
    _text("id"),
    _text("last_active_session_id", nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _bytes("token_hash", nullable=True),
    _text("last_authentication_strategy", nullable=True),
    _text("sign_in_id", nullable=True),  # no pointers: an attempt is looked up with its client's id anyway
    _text("sign_up_id", nullable=True),
    _of_instance(),
    Index("uq_clients_token_hash", "instance_id", "token_hash", unique=True),
)

dev_browsers = _table(
    "dev_browsers",
    _bytes("token_hash"),
    _text("client_id", nullable=True),
    _integer("created_at"),
    _of_instance(),
    _of("client_id", "clients"),
    Index("ix_dev_browsers_client_id", "instance_id", "client_id"),
    key=("instance_id", "token_hash"),
)

sessions = _table(
    "sessions",
    _text("id"),
    _text("client_id"),
    _text("user_id"),
    _text("status"),
    _json("actor", nullable=True),
    _text("last_active_organization_id", nullable=True),  # no pointer: the mint's join asks for a membership anyway
    _integer("first_factor_verified_at", nullable=True),
    _integer("second_factor_verified_at", nullable=True),
    _integer("last_active_at"),
    _integer("expire_at"),
    _integer("abandon_at"),
    _integer("created_at"),
    _integer("updated_at"),
    _json("activity", nullable=True),
    _of("client_id", "clients"),
    _of("user_id", "users"),
    Index("ix_sessions_user_id", "instance_id", "user_id", "created_at", "id"),
    Index("ix_sessions_client_id", "instance_id", "client_id"),
    Index("ix_sessions_created_at", "instance_id", "created_at", "id"),
)

organizations = _table(
    "organizations",
    _text("id"),
    _text("name"),
    _text("slug", field="slug"),
    _text("image_url"),
    _flag("has_image"),
    _json("public_metadata"),
    _json("private_metadata"),
    _integer("max_allowed_memberships"),
    _flag("admin_delete_enabled"),
    _text("created_by", nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    UniqueConstraint("instance_id", "slug"),
    Index("ix_organizations_created_at", "instance_id", "created_at", "id"),
)

roles = _table(
    "roles",
    _text("id"),
    _text("key", field="key"),
    _text("name"),
    _json("permissions"),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    UniqueConstraint("instance_id", "key"),
)

permissions = _table(
    "permissions",
    _text("id"),
    _text("key", field="key"),
    _text("name"),
    _text("description"),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    UniqueConstraint("instance_id", "key"),
)

organization_memberships = _table(
    "organization_memberships",
    _text("id"),
    _text("organization_id"),
    _text("user_id", field="user_id"),
    _text("role"),
    _json("public_metadata"),
    _json("private_metadata"),
    _integer("created_at"),
    _integer("updated_at"),
    _of("organization_id", "organizations"),
    _of("user_id", "users"),
    _of("role", "roles", key="key", ondelete=None),  # a role that members have can't be deleted; a new key follows
    UniqueConstraint("instance_id", "organization_id", "user_id"),
    Index("ix_organization_memberships_user_id", "instance_id", "user_id", "organization_id"),
    Index("ix_organization_memberships_role", "instance_id", "role"),
)

organization_invitations = _table(
    "organization_invitations",
    _text("id"),
    _text("organization_id"),
    _text("email_address"),
    _text("normal_email_address", field="email_address"),
    _text("role"),
    _text("status"),
    _text("inviter_id", nullable=True),
    _bytes("token_hash"),
    _json("public_metadata"),
    _json("private_metadata"),
    _integer("expire_at"),
    _integer("created_at"),
    _integer("updated_at"),
    _of("organization_id", "organizations"),
    _of("role", "roles", key="key", ondelete=None),
    Index("uq_organization_invitations_token_hash", "instance_id", "token_hash", unique=True),
    Index("ix_organization_invitations_organization_id", "instance_id", "organization_id", "created_at", "id"),
    Index("ix_organization_invitations_email", "instance_id", "normal_email_address"),
)
Index(
    "uq_organization_invitations_pending",
    organization_invitations.c.instance_id,
    organization_invitations.c.organization_id,
    organization_invitations.c.normal_email_address,
    unique=True,
    sqlite_where=text("status = 'pending'"),
    postgresql_where=text("status = 'pending'"),
)

sign_ins = _table(
    "sign_ins",
    _text("id"),
    _text("client_id"),
    _text("status"),
    _text("identifier", nullable=True),
    _text("user_id", nullable=True),
    _text("first_factor_strategy", nullable=True),
    _integer("first_factor_verified_at", nullable=True),
    _text("created_session_id", nullable=True),
    _integer("abandon_at"),
    _integer("created_at"),
    _integer("updated_at"),
    _of("client_id", "clients"),
    _of("user_id", "users"),
    Index("ix_sign_ins_client_id", "instance_id", "client_id"),
    Index("ix_sign_ins_user_id", "instance_id", "user_id"),
    Index("ix_sign_ins_abandon_at", "abandon_at"),
)

sign_ups = _table(
    "sign_ups",
    _text("id"),
    _text("client_id"),
    _text("status"),
    _text("email_address", nullable=True),
    _text("email_address_strategy", nullable=True),
    _text("phone_number", nullable=True),
    _text("phone_number_strategy", nullable=True),
    _text("username", nullable=True),
    _text("first_name", nullable=True),
    _text("last_name", nullable=True),
    _text("locale", nullable=True),
    _text("password_digest", nullable=True),
    _json("unsafe_metadata"),
    _integer("legal_accepted_at", nullable=True),
    _text("organization_invitation_id", nullable=True),
    _text("created_user_id", nullable=True),
    _text("created_session_id", nullable=True),
    _integer("abandon_at"),
    _integer("created_at"),
    _integer("updated_at"),
    _of("client_id", "clients"),
    Index("ix_sign_ups_client_id", "instance_id", "client_id"),
    Index("ix_sign_ups_abandon_at", "abandon_at"),
)

verifications = _table(
    "verifications",
    _text("id"),
    _text("subject_id"),
    _text("purpose"),
    _text("strategy"),
    _text("target"),
    _bytes("code_mac"),
    _text("status"),
    _integer("attempts"),
    _integer("expire_at"),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    Index("ix_verifications_subject_id", "instance_id", "subject_id", "purpose", "created_at", "id"),
    Index("ix_verifications_target", "instance_id", "target", "created_at"),
    Index("ix_verifications_expire_at", "expire_at"),
)

tickets = _table(
    "tickets",
    _text("id"),
    _text("kind"),
    _text("user_id"),
    _bytes("token_hash"),
    _text("status"),
    _json("actor", nullable=True),
    _integer("session_max_duration_seconds", nullable=True),
    _integer("expire_at"),
    _integer("created_at"),
    _integer("updated_at"),
    _of("user_id", "users"),
    Index("uq_tickets_token_hash", "instance_id", "token_hash", unique=True),
    Index("ix_tickets_user_id", "instance_id", "user_id"),
)

handshake_nonces = _table(
    "handshake_nonces",
    _bytes("nonce_hash"),
    _bytes("sealed_directives"),
    _integer("used_at", nullable=True),
    _integer("expire_at"),
    _integer("created_at"),
    _of_instance(),
    Index("ix_handshake_nonces_expire_at", "expire_at"),
    key=("instance_id", "nonce_hash"),
)

rate_windows = _table(
    "rate_windows",
    _text("key"),
    _integer("started_at"),
    _integer("count"),
    _of_instance(),
    Index("ix_rate_windows_started_at", "started_at"),
    key=("instance_id", "key"),
)

jwt_templates = _table(
    "jwt_templates",
    _text("id"),
    _text("name", field="name"),
    _text("claims"),
    _integer("lifetime"),
    _integer("allowed_clock_skew"),
    _flag("custom_signing_key"),
    _text("signing_algorithm"),
    Column("sealed_signing_key", LargeBinary, nullable=True),
    _integer("version"),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    UniqueConstraint("instance_id", "name"),
)

session_claims = _table(
    "session_claims",
    _integer("version"),
    _text("claims"),
    _text("reason", nullable=True),
    _text("created_by"),
    _integer("created_at"),
    _of_instance(),
    key=("instance_id", "version"),
)

outbox = _table(
    "outbox",
    _text("id"),
    _text("kind"),
    _json("payload"),
    _integer("attempts"),
    _integer("available_at"),
    _integer("done_at", nullable=True),
    _integer("created_at"),
    _of_instance(),
    Index("ix_outbox_available_at", "done_at", "available_at"),
)

audit_log = _table(  # outlives its instance, so it has no foreign key
    "audit_log",
    _text("id"),
    _text("actor"),
    _text("action"),
    _text("target", nullable=True),
    _json("details"),
    _integer("created_at"),
    Index("ix_audit_log_created_at", "instance_id", "created_at", "id"),
)

administrators = _table(
    "administrators",
    _text("id"),
    _text("email_address"),
    _text("normal_email_address", field="email_address"),
    _text("role"),
    _text("password_digest"),
    _integer("failed_attempts", default="0"),
    _integer("lockout_expires_at", nullable=True),
    _integer("last_sign_in_at", nullable=True),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    UniqueConstraint("instance_id", "normal_email_address"),
)

administrator_sessions = _table(
    "administrator_sessions",
    _bytes("token_hash"),
    _text("administrator_id"),
    _integer("last_active_at"),
    _integer("expire_at"),
    _integer("created_at"),
    _of("administrator_id", "administrators"),
    Index("ix_administrator_sessions_administrator_id", "instance_id", "administrator_id"),
    Index("ix_administrator_sessions_expire_at", "expire_at"),
    key=("instance_id", "token_hash"),
)

administrator_invitations = _table(
    "administrator_invitations",
    _text("id"),
    _bytes("token_hash"),
    _text("role"),
    _text("created_by", nullable=True),
    _integer("expire_at"),
    _integer("created_at"),
    _of_instance(),
    Index("uq_administrator_invitations_token_hash", "instance_id", "token_hash", unique=True),
)

claims_drafts = _table(
    "claims_drafts",
    _text("target"),
    _text("claims"),
    _integer("base_version"),
    _text("created_by"),
    _integer("updated_at"),
    _of_instance(),
    key=("instance_id", "target"),
)

claims_fixtures = _table(
    "claims_fixtures",
    _text("id"),
    _text("target"),
    _text("name", field="name"),
    _json("context"),
    _json("expected"),
    _text("created_by"),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),
    UniqueConstraint("instance_id", "target", "name"),
)

token_counts = _table(
    "token_counts",
    _integer("hour"),
    _text("kind"),
    _integer("size"),
    _integer("minted"),
    _integer("omitted"),
    _integer("failed"),
    _of_instance(),
    key=("instance_id", "hour", "kind", "size"),
)

token_log = _table(
    "token_log",
    _text("id"),
    _text("kind"),
    _text("template_id", nullable=True),
    _integer("version"),
    _text("session_id"),
    _text("user_id"),
    _json("omitted"),
    _json("failed"),
    _integer("cookie_bytes"),
    _integer("count"),
    _integer("created_at"),
    _integer("updated_at"),
    _of_instance(),  # no pointers to session and user: what happened stays told when they are gone
    Index("ix_token_log_updated_at", "instance_id", "updated_at", "id"),
)

MINT_TABLES = (instances, signing_keys, users, email_addresses, phone_numbers, clients, sessions)
"""What a bulk load must fill so that sessions can mint."""


def unique_columns(table: Table) -> dict[str, list[str]]:
    """The columns of each thing that makes a table's rows unique, by its name in the database."""
    keys = [item for item in table.constraints if isinstance(item, PrimaryKeyConstraint | UniqueConstraint)]
    indexes = [item for item in table.indexes if item.unique]
    return {str(item.name): [column.name for column in item.columns] for item in (*keys, *indexes)}
