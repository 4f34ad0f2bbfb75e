"""The first schema. Written once by autogenerate, then frozen: the tables of `store.schema` may move on."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TEXT = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")

TABLES = (
    "sessions",
    "phone_numbers",
    "organization_memberships",
    "email_addresses",
    "users",
    "signing_keys",
    "session_claims",
    "secret_keys",
    "roles",
    "permissions",
    "outbox",
    "organizations",
    "jwt_templates",
    "clients",
    "instances",
    "audit_log",
)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=True),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_audit_log"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_log_created_at", "audit_log", ["instance_id", "created_at", "id"], unique=False)

    op.create_table(
        "instances",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("frontend_api", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("config_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_claims_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_instances"),
        sa.UniqueConstraint("slug", name="uq_instances_slug"),
    )
    op.create_table(
        "clients",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("last_active_session_id", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_clients_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_clients"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "jwt_templates",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("claims", TEXT, nullable=False),
        sa.Column("lifetime", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("allowed_clock_skew", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("custom_signing_key", sa.Boolean(), nullable=False),
        sa.Column("signing_algorithm", TEXT, nullable=False),
        sa.Column("sealed_signing_key", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_jwt_templates_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_jwt_templates"),
        sa.UniqueConstraint("instance_id", "name", name="uq_jwt_templates_instance_id_name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "organizations",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("image_url", TEXT, nullable=False),
        sa.Column("has_image", sa.Boolean(), nullable=False),
        sa.Column("public_metadata", TEXT, nullable=False),
        sa.Column("private_metadata", TEXT, nullable=False),
        sa.Column("max_allowed_memberships", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("admin_delete_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_by", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_organizations_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_organizations"),
        sa.UniqueConstraint("instance_id", "slug", name="uq_organizations_instance_id_slug"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_organizations_created_at", "organizations", ["instance_id", "created_at", "id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("available_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("done_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_outbox_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_outbox"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outbox_available_at", "outbox", ["done_at", "available_at"], unique=False)

    op.create_table(
        "permissions",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_permissions_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_permissions"),
        sa.UniqueConstraint("instance_id", "key", name="uq_permissions_instance_id_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "roles",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("permissions", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_roles_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_roles"),
        sa.UniqueConstraint("instance_id", "key", name="uq_roles_instance_id_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "secret_keys",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("last_characters", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_secret_keys_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_secret_keys"),
        sa.UniqueConstraint("hash", name="uq_secret_keys_hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_claims",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claims", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_session_claims_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "version", name="pk_session_claims"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signing_keys",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("kid", TEXT, nullable=False),
        sa.Column("algorithm", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("public_jwk", TEXT, nullable=False),
        sa.Column("sealed_private_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_signing_keys_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "kid", name="pk_signing_keys"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_signing_keys_active",
        "signing_keys",
        ["instance_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )

    op.create_table(
        "users",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=True),
        sa.Column("username", TEXT, nullable=True),
        sa.Column("normal_username", TEXT, nullable=True),
        sa.Column("first_name", TEXT, nullable=True),
        sa.Column("last_name", TEXT, nullable=True),
        sa.Column("normal_name", TEXT, nullable=False),
        sa.Column("locale", TEXT, nullable=True),
        sa.Column("image_url", TEXT, nullable=False),
        sa.Column("has_image", sa.Boolean(), nullable=False),
        sa.Column("primary_email_address_id", TEXT, nullable=True),
        sa.Column("primary_phone_number_id", TEXT, nullable=True),
        sa.Column("primary_web3_wallet", TEXT, nullable=True),
        sa.Column("password_digest", TEXT, nullable=True),
        sa.Column("password_last_updated_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("two_factor_enabled", sa.Boolean(), nullable=False),
        sa.Column("public_metadata", TEXT, nullable=False),
        sa.Column("private_metadata", TEXT, nullable=False),
        sa.Column("unsafe_metadata", TEXT, nullable=False),
        sa.Column("banned", sa.Boolean(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("delete_self_enabled", sa.Boolean(), nullable=False),
        sa.Column("create_organization_enabled", sa.Boolean(), nullable=False),
        sa.Column("create_organizations_limit", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("legal_accepted_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_sign_in_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_active_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_users_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_users"),
        sa.UniqueConstraint("instance_id", "external_id", name="uq_users_instance_id_external_id"),
        sa.UniqueConstraint("instance_id", "normal_username", name="uq_users_instance_id_normal_username"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_users_created_at", "users", ["instance_id", "created_at", "id"], unique=False)
    op.create_index("ix_users_last_active_at", "users", ["instance_id", "last_active_at", "id"], unique=False)

    op.create_table(
        "email_addresses",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email_address", TEXT, nullable=False),
        sa.Column("normal_email_address", TEXT, nullable=False),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.Column("verification_status", TEXT, nullable=False),
        sa.Column("verification_strategy", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "user_id"],
            ["users.instance_id", "users.id"],
            name="fk_email_addresses_instance_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_email_addresses"),
        sa.UniqueConstraint(
            "instance_id", "normal_email_address", name="uq_email_addresses_instance_id_normal_email_address"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_email_addresses_user_id", "email_addresses", ["instance_id", "user_id"], unique=False)

    op.create_table(
        "organization_memberships",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("public_metadata", TEXT, nullable=False),
        sa.Column("private_metadata", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "organization_id"],
            ["organizations.instance_id", "organizations.id"],
            name="fk_organization_memberships_instance_id_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance_id", "role"],
            ["roles.instance_id", "roles.key"],
            name="fk_organization_memberships_instance_id_role",
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance_id", "user_id"],
            ["users.instance_id", "users.id"],
            name="fk_organization_memberships_instance_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_organization_memberships"),
        sa.UniqueConstraint(
            "instance_id",
            "organization_id",
            "user_id",
            name="uq_organization_memberships_instance_id_organization_id_user_id",
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_organization_memberships_role", "organization_memberships", ["instance_id", "role"], unique=False
    )
    op.create_index(
        "ix_organization_memberships_user_id",
        "organization_memberships",
        ["instance_id", "user_id", "organization_id"],
        unique=False,
    )

    op.create_table(
        "phone_numbers",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("phone_number", TEXT, nullable=False),
        sa.Column("reserved", sa.Boolean(), nullable=False),
        sa.Column("verification_status", TEXT, nullable=False),
        sa.Column("verification_strategy", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "user_id"],
            ["users.instance_id", "users.id"],
            name="fk_phone_numbers_instance_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_phone_numbers"),
        sa.UniqueConstraint("instance_id", "phone_number", name="uq_phone_numbers_instance_id_phone_number"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_phone_numbers_user_id", "phone_numbers", ["instance_id", "user_id"], unique=False)

    op.create_table(
        "sessions",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=True),
        sa.Column("last_active_organization_id", TEXT, nullable=True),
        sa.Column("first_factor_verified_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("second_factor_verified_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_active_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("abandon_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "client_id"],
            ["clients.instance_id", "clients.id"],
            name="fk_sessions_instance_id_client_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance_id", "user_id"],
            ["users.instance_id", "users.id"],
            name="fk_sessions_instance_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_sessions"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sessions_client_id", "sessions", ["instance_id", "client_id"], unique=False)
    op.create_index("ix_sessions_created_at", "sessions", ["instance_id", "created_at", "id"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["instance_id", "user_id", "created_at", "id"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
