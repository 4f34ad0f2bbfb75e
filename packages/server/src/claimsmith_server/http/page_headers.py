"""Security headers of every HTML page, errors included (cases C-014, C-015, X-004, X-005)."""

_SECONDS_OF_A_YEAR = 365 * 24 * 3600


def page_headers(base_url: str, **directives: str) -> dict[str, str]:
    """The headers of a page that loads nothing but what `directives` of its Content-Security-Policy say.

    Args:
        base_url: the service's own public address; over TLS, browsers are to stay there.
        directives: e.g. `style_src="'self'"`; what is not named is forbidden.
    """
    policy = {"default-src": "'none'", **{name.replace("_", "-"): value for name, value in directives.items()}}
    policy |= {"base-uri": "'none'", "frame-ancestors": "'none'"}
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "same-origin",  # so that a browser names the origin of a form
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if base_url.startswith("https://"):
        headers["Strict-Transport-Security"] = f"max-age={_SECONDS_OF_A_YEAR}"
    return headers
