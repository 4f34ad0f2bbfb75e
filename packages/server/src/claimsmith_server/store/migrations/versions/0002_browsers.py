"""Browsers: clients by token, development browsers, attempts, codes, tickets, handshakes, invitations. Frozen."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


TEXT = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")

TABLES = (
    "tickets",
    "sign_ups",
    "sign_ins",
    "organization_invitations",
    "dev_browsers",
    "verifications",
    "rate_windows",
    "handshake_nonces",
)


def upgrade() -> None:
    op.create_table(
        "handshake_nonces",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("nonce_hash", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_directives", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_handshake_nonces_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "nonce_hash", name="pk_handshake_nonces"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_handshake_nonces_expire_at", "handshake_nonces", ["expire_at"], unique=False)
    op.create_table(
        "rate_windows",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("started_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_rate_windows_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "key", name="pk_rate_windows"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_rate_windows_started_at", "rate_windows", ["started_at"], unique=False)
    op.create_table(
        "verifications",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("strategy", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("code_mac", sa.LargeBinary(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("attempts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_verifications_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_verifications"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_verifications_expire_at", "verifications", ["expire_at"], unique=False)
    op.create_index(
        "ix_verifications_subject_id",
        "verifications",
        ["instance_id", "subject_id", "purpose", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_verifications_target", "verifications", ["instance_id", "target", "created_at"], unique=False)
    op.create_table(
        "dev_browsers",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", TEXT, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "client_id"],
            ["clients.instance_id", "clients.id"],
            name="fk_dev_browsers_instance_id_client_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_dev_browsers_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "token_hash", name="pk_dev_browsers"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_dev_browsers_client_id", "dev_browsers", ["instance_id", "client_id"], unique=False)
    op.create_table(
        "organization_invitations",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("email_address", TEXT, nullable=False),
        sa.Column("normal_email_address", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("inviter_id", TEXT, nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("public_metadata", TEXT, nullable=False),
        sa.Column("private_metadata", TEXT, nullable=False),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "organization_id"],
            ["organizations.instance_id", "organizations.id"],
            name="fk_organization_invitations_instance_id_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance_id", "role"],
            ["roles.instance_id", "roles.key"],
            name="fk_organization_invitations_instance_id_role",
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_organization_invitations"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_organization_invitations_email",
        "organization_invitations",
        ["instance_id", "normal_email_address"],
        unique=False,
    )
    op.create_index(
        "ix_organization_invitations_organization_id",
        "organization_invitations",
        ["instance_id", "organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "uq_organization_invitations_pending",
        "organization_invitations",
        ["instance_id", "organization_id", "normal_email_address"],
        unique=True,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "uq_organization_invitations_token_hash", "organization_invitations", ["instance_id", "token_hash"], unique=True
    )
    op.create_table(
        "sign_ins",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("identifier", TEXT, nullable=True),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("first_factor_strategy", TEXT, nullable=True),
        sa.Column("first_factor_verified_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("created_session_id", TEXT, nullable=True),
        sa.Column("abandon_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "client_id"],
            ["clients.instance_id", "clients.id"],
            name="fk_sign_ins_instance_id_client_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["instance_id", "user_id"],
            ["users.instance_id", "users.id"],
            name="fk_sign_ins_instance_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_sign_ins"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sign_ins_abandon_at", "sign_ins", ["abandon_at"], unique=False)
    op.create_index("ix_sign_ins_client_id", "sign_ins", ["instance_id", "client_id"], unique=False)
    op.create_index("ix_sign_ins_user_id", "sign_ins", ["instance_id", "user_id"], unique=False)
    op.create_table(
        "sign_ups",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("email_address", TEXT, nullable=True),
        sa.Column("email_address_strategy", TEXT, nullable=True),
        sa.Column("phone_number", TEXT, nullable=True),
        sa.Column("phone_number_strategy", TEXT, nullable=True),
        sa.Column("username", TEXT, nullable=True),
        sa.Column("first_name", TEXT, nullable=True),
        sa.Column("last_name", TEXT, nullable=True),
        sa.Column("locale", TEXT, nullable=True),
        sa.Column("password_digest", TEXT, nullable=True),
        sa.Column("unsafe_metadata", TEXT, nullable=False),
        sa.Column("legal_accepted_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("organization_invitation_id", TEXT, nullable=True),
        sa.Column("created_user_id", TEXT, nullable=True),
        sa.Column("created_session_id", TEXT, nullable=True),
        sa.Column("abandon_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "client_id"],
            ["clients.instance_id", "clients.id"],
            name="fk_sign_ups_instance_id_client_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_sign_ups"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sign_ups_abandon_at", "sign_ups", ["abandon_at"], unique=False)
    op.create_index("ix_sign_ups_client_id", "sign_ups", ["instance_id", "client_id"], unique=False)
    op.create_table(
        "tickets",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=True),
        sa.Column("session_max_duration_seconds", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "user_id"],
            ["users.instance_id", "users.id"],
            name="fk_tickets_instance_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_tickets"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tickets_user_id", "tickets", ["instance_id", "user_id"], unique=False)
    op.create_index("uq_tickets_token_hash", "tickets", ["instance_id", "token_hash"], unique=True)
    op.add_column("clients", sa.Column("token_hash", sa.LargeBinary(), nullable=True))
    op.add_column("clients", sa.Column("last_authentication_strategy", TEXT, nullable=True))
    op.add_column("clients", sa.Column("sign_in_id", TEXT, nullable=True))
    op.add_column("clients", sa.Column("sign_up_id", TEXT, nullable=True))
    op.create_index("uq_clients_token_hash", "clients", ["instance_id", "token_hash"], unique=True)
    op.add_column("sessions", sa.Column("activity", TEXT, nullable=True))
    op.add_column(
        "users", sa.Column("failed_attempts", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False)
    )
    op.add_column("users", sa.Column("lockout_expires_at", sa.BigInteger(), autoincrement=False, nullable=True))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("uq_clients_token_hash", table_name="clients")
    for table, column in (
        ("users", "lockout_expires_at"),
        ("users", "failed_attempts"),
        ("sessions", "activity"),
        ("clients", "sign_up_id"),
        ("clients", "sign_in_id"),
        ("clients", "last_authentication_strategy"),
        ("clients", "token_hash"),
    ):
        op.drop_column(table, column)
