"""What an application is told by its environment: the variables of the wire, and their twins named CLAIMSMITH_."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec

from claimsmith.errors import ConfigurationError, TokenError
from claimsmith.instance import PublishableKey, parse_publishable_key
from claimsmith.verification.keys import StaticKeys
from claimsmith.verification.remote_keys import RemoteKeys

PREFIXES = ("CLERK_", "CLAIMSMITH_")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How to verify the tokens of one instance; each variable has a twin with `CLAIMSMITH_` for `CLERK_`.

    Example:
        ```python
        settings = Settings(jwt_key=pem, authorized_parties=("https://app.example.com",))
        ```
    """

    publishable_key: PublishableKey | None = None
    """`CLERK_PUBLISHABLE_KEY`: names the cookies and the issuer."""
    secret_key: str | None = None
    """`CLERK_SECRET_KEY`: fetches the key set."""
    jwt_key: str | None = None
    """`CLERK_JWT_KEY`: PEM public key; with it nothing is fetched, and key rotation is not followed."""
    api_url: str | None = None
    """`CLERK_API_URL`: the Backend API without `/v1`, e.g. `http://localhost:4000`."""
    authorized_parties: tuple[str, ...] = ()
    """`CLERK_AUTHORIZED_PARTIES`: origins, comma separated; when given, `azp` must be one of them."""
    proxy_url: str | None = None
    """`CLERK_PROXY_URL`: where browsers reach the Frontend API when it is not the host in the publishable key."""
    sign_in_url: str | None = None
    """`CLERK_SIGN_IN_URL`: where people who ask for a page are sent to sign in; a satellite's is its primary's."""
    is_satellite: bool = False
    """`CLERK_IS_SATELLITE`, `true` or `false`: whether the application is on another domain than its primary."""
    domain: str | None = None
    """`CLERK_DOMAIN`: of a satellite, e.g. `satellite.example`."""

    @property
    def jwks_url(self) -> str | None:
        """Where the key set is, `None` without `api_url`."""
        return self.api_url and self.api_url.rstrip("/") + "/v1/jwks"

    def __repr__(self) -> str:
        """The settings without the secret key."""
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """As `repr`, for rich."""
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "secret_key"]


def load_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment's variables say; empty ones count as unset.

    Raises:
        ConfigurationError: a value that cannot be right, or two twins that differ; the sentence names the variable.

    Example: `load_settings({"CLERK_API_URL": "http://localhost:4000"}).jwks_url` is `http://localhost:4000/v1/jwks`.
    """
    publishable_key = _load_variable(environment, "PUBLISHABLE_KEY")
    parties = _load_variable(environment, "AUTHORIZED_PARTIES") or ""
    return Settings(
        publishable_key=_parse_publishable_key(publishable_key) if publishable_key else None,
        secret_key=_load_variable(environment, "SECRET_KEY"),
        jwt_key=_load_variable(environment, "JWT_KEY"),
        api_url=_load_variable(environment, "API_URL"),
        proxy_url=_load_variable(environment, "PROXY_URL"),
        sign_in_url=_load_variable(environment, "SIGN_IN_URL"),
        is_satellite=_parse_flag("IS_SATELLITE", _load_variable(environment, "IS_SATELLITE")),
        domain=_load_variable(environment, "DOMAIN"),
        authorized_parties=tuple(party.strip() for party in parties.split(",") if party.strip()),
    )


def make_keys(settings: Settings) -> StaticKeys | RemoteKeys:
    """The keys that the settings lead to: the PEM key when there is one (it wins, as on the wire), else a key set.

    The key set is the Backend API's when there is a secret key to ask with, else the public one of the Frontend API.

    Raises:
        ConfigurationError: neither is there, or it cannot be used.
    """
    if settings.jwt_key:
        try:
            return StaticKeys.from_pem(settings.jwt_key)
        except TokenError as error:
            raise ConfigurationError(f"CLERK_JWT_KEY: {error.message}") from error
    if settings.jwks_url and (settings.secret_key or settings.publishable_key is None):
        return _make_remote_keys("API_URL", settings.jwks_url, settings.secret_key)
    if settings.publishable_key:
        url = _frontend_jwks_url(settings.publishable_key, settings.proxy_url)
        return _make_remote_keys("PROXY_URL" if settings.proxy_url else "PUBLISHABLE_KEY", url, None)
    raise ConfigurationError(
        "No key to verify tokens with. Set CLERK_JWT_KEY to the instance's PEM public key, or CLERK_PUBLISHABLE_KEY, "
        "or CLERK_API_URL and CLERK_SECRET_KEY, to fetch its key set.",
    )


def _make_remote_keys(variable: str, url: str, secret_key: str | None) -> RemoteKeys:
    """The key set at an address; an error names the variable that the address is from."""
    try:
        return RemoteKeys(url, secret_key=secret_key)
    except ConfigurationError as error:
        raise ConfigurationError(f"CLERK_{variable}: {error}") from error


def _frontend_jwks_url(publishable_key: PublishableKey, proxy_url: str | None) -> str:
    """Where the Frontend API publishes the key set: through the proxy when that is an address and not just a path."""
    base = proxy_url if proxy_url and "://" in proxy_url else f"https://{publishable_key.frontend_api}"
    return f"{base.rstrip('/')}/.well-known/jwks.json"


def _load_variable(environment: Mapping[str, str], name: str) -> str | None:
    values = {value for prefix in PREFIXES if (value := environment.get(prefix + name, "").strip())}
    if len(values) > 1:
        raise ConfigurationError(f"{' and '.join(prefix + name for prefix in PREFIXES)} differ. Keep one of them.")
    return next(iter(values), None)


def _parse_flag(name: str, text: str | None) -> bool:
    if text is not None and text.lower() not in _FLAGS:
        raise ConfigurationError(f"CLERK_{name} is true or false, not {text!r}.")
    return text is not None and _FLAGS[text.lower()]


def _parse_publishable_key(text: str) -> PublishableKey:
    try:
        return parse_publishable_key(text)
    except ValueError as error:
        raise ConfigurationError(f"CLERK_PUBLISHABLE_KEY: {error}.") from error
