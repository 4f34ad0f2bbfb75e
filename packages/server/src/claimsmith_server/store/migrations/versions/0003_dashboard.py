"""The dashboard: administrators, drafts and tests of templates, what was minted. Frozen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


TEXT = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")

TABLES = (
    "administrator_sessions",
    "token_log",
    "token_counts",
    "claims_fixtures",
    "claims_drafts",
    "administrators",
    "administrator_invitations",
)


def upgrade() -> None:
    op.create_table(
        "administrator_invitations",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=True),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_administrator_invitations_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_administrator_invitations"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_administrator_invitations_token_hash",
        "administrator_invitations",
        ["instance_id", "token_hash"],
        unique=True,
    )
    op.create_table(
        "administrators",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("email_address", TEXT, nullable=False),
        sa.Column("normal_email_address", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("password_digest", TEXT, nullable=False),
        sa.Column("failed_attempts", sa.BigInteger(), server_default="0", autoincrement=False, nullable=False),
        sa.Column("lockout_expires_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("last_sign_in_at", sa.BigInteger(), autoincrement=False, nullable=True),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_administrators_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_administrators"),
        sa.UniqueConstraint(
            "instance_id", "normal_email_address", name="uq_administrators_instance_id_normal_email_address"
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claims_drafts",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("claims", TEXT, nullable=False),
        sa.Column("base_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_claims_drafts_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "target", name="pk_claims_drafts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "claims_fixtures",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("context", TEXT, nullable=False),
        sa.Column("expected", TEXT, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_claims_fixtures_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_claims_fixtures"),
        sa.UniqueConstraint("instance_id", "target", "name", name="uq_claims_fixtures_instance_id_target_name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "token_counts",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("minted", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("omitted", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("failed", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id"], ["instances.id"], name="fk_token_counts_instance_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("instance_id", "hour", "kind", "size", name="pk_token_counts"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "token_log",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("template_id", TEXT, nullable=True),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("omitted", TEXT, nullable=False),
        sa.Column("failed", TEXT, nullable=False),
        sa.Column("cookie_bytes", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("updated_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], name="fk_token_log_instance_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("instance_id", "id", name="pk_token_log"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_token_log_updated_at", "token_log", ["instance_id", "updated_at", "id"], unique=False)
    op.create_table(
        "administrator_sessions",
        sa.Column("instance_id", TEXT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("administrator_id", TEXT, nullable=False),
        sa.Column("last_active_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("expire_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["instance_id", "administrator_id"],
            ["administrators.instance_id", "administrators.id"],
            name="fk_administrator_sessions_instance_id_administrator_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance_id", "token_hash", name="pk_administrator_sessions"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_administrator_sessions_administrator_id",
        "administrator_sessions",
        ["instance_id", "administrator_id"],
        unique=False,
    )
    op.create_index("ix_administrator_sessions_expire_at", "administrator_sessions", ["expire_at"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
