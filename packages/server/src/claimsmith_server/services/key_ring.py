"""Signing keys in memory: opened once with the master key, found by instance and kid.

Which key signs is read with each mint, so a rotation on one node is the next mint's key on every node (case K-009).
"""

import hmac

import msgspec

from claimsmith_server.clock import Clock
from claimsmith_server.core import ids, jose, sealing
from claimsmith_server.core.models import KeyStatus, SigningAlgorithm, SigningKey
from claimsmith_server.store import signing_keys
from claimsmith_server.store.database import Database

_JWKS_SECONDS = 1


class SealedKeyError(Exception):
    """The master key does not open this database's signing keys; the message says what to do."""


class KeyRing:
    """The opened signing keys of every instance, and each instance's JWKS."""

    def __init__(self, database: Database, clock: Clock, master_key: bytes) -> None:
        """`master_key` is 32 bytes that live outside the database."""
        self._database = database
        self._clock = clock
        self._master_key = master_key
        self._signers: dict[tuple[str, str], jose.Signer] = {}
        self._jwks: dict[str, tuple[int, bytes]] = {}

    async def load_signer(self, instance_id: str, kid: str) -> jose.Signer:
        """The signer of an instance's key; the database is asked once a key."""
        signer = self._signers.get((instance_id, kid))
        if signer is None:
            key = await signing_keys.load_signing_key(self._database, instance_id, kid)
            if key is None:
                raise LookupError(f"no signing key {kid} in instance {instance_id}")
            signer = self.open_key(key)
            self._signers[instance_id, kid] = signer
        return signer

    async def load_jwks(self, instance_id: str) -> bytes:
        """The JWKS document of an instance as JSON, at most one second old: public members only (case K-001)."""
        now = self._clock.now()
        kept = self._jwks.get(instance_id)
        if kept and 0 <= now - kept[0] < _JWKS_SECONDS * 1000:
            return kept[1]
        keys = await signing_keys.list_signing_keys(self._database, instance_id)
        document = msgspec.json.encode({"keys": [key.public_jwk for key in keys if key.status != "removed"]})
        self._jwks[instance_id] = (now, document)
        return document

    async def load_public_pem(self, instance_id: str) -> str:
        """The active key's SPKI PEM: what applications set as `CLERK_JWT_KEY`."""
        for key in await signing_keys.list_signing_keys(self._database, instance_id):
            if key.status == "active":
                return self.public_pem(key)
        raise LookupError(f"no active signing key in instance {instance_id}")

    def public_pem(self, key: SigningKey) -> str:
        """The SPKI PEM of a stored key."""
        return jose.public_pem(self._open(key).public_key())

    async def check(self) -> None:
        """Open every key of every instance, so that a wrong master key ends the start (case K-011).

        Raises:
            SealedKeyError: one does not open.
        """
        for key in await signing_keys.list_signing_keys_in_use(self._database):
            self.open_key(key)

    def make_key(
        self, instance_id: str, algorithm: SigningAlgorithm, status: KeyStatus, private_key: jose.PrivateKey | None
    ) -> SigningKey:
        """A new signing key, sealed, with a kid that was never used; `private_key` is made unless given (imports)."""
        now = self._clock.now()
        kid = ids.make_id("ins", now, self._clock.entropy(ids.ENTROPY_BYTES))
        private_key = private_key or _generate(algorithm)
        jose.make_signer(private_key, algorithm, kid)  # refuses a key that is weak or of another kind (case K-003)
        return SigningKey(
            instance_id=instance_id,
            kid=kid,
            algorithm=algorithm,
            status=status,
            public_jwk=jose.public_jwk(private_key.public_key(), algorithm, kid),
            sealed_private_key=self.seal(jose.private_der(private_key), f"signing_key:{instance_id}:{kid}"),
            created_at=now,
            updated_at=now,
        )

    def open_key(self, key: SigningKey) -> jose.Signer:
        """The signer of a stored key."""
        return jose.make_signer(self._open(key), key.algorithm, key.kid)

    def seal(self, secret: bytes, associated: str) -> bytes:
        """A secret that only this master key opens, bound to its row by `associated`."""
        nonce = self._clock.entropy(sealing.NONCE_BYTES)
        return sealing.seal(self._master_key, secret, associated=associated, nonce=nonce)

    def unseal(self, sealed: bytes, associated: str) -> bytes:
        """The secret.

        Raises:
            SealedKeyError: another master key sealed it, or it was changed.
        """
        try:
            return sealing.unseal(self._master_key, sealed, associated=associated)
        except sealing.UnsealError as error:
            raise SealedKeyError(
                "The master key does not open this database's keys. Start with the master key file that was used when "
                "they were made; no new keys are made in their place."
            ) from error

    def mac(self, purpose: str, message: str) -> bytes:
        """32 bytes that only this master key makes of a message, different for each purpose (HMAC-SHA-256 twice)."""
        key = hmac.digest(self._master_key, f"claimsmith:{purpose}".encode(), "sha256")
        return hmac.digest(key, message.encode("utf-8", "surrogatepass"), "sha256")

    def _open(self, key: SigningKey) -> jose.PrivateKey:
        return jose.load_private_der(self.unseal(key.sealed_private_key, f"signing_key:{key.instance_id}:{key.kid}"))


def _generate(algorithm: SigningAlgorithm) -> jose.PrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: PLC0415 - rarely

    if algorithm == "RS256":
        return rsa.generate_private_key(jose.RSA_EXPONENT, jose.RSA_BITS)
    if algorithm == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    return ed25519.Ed25519PrivateKey.generate()
