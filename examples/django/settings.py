"""Django's settings: no database, since the session token says who is calling."""

from pathlib import Path

from django.core.management.utils import get_random_secret_key

SECRET_KEY = get_random_secret_key()  # A real application keeps one.
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "urls"
USE_TZ = True

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "claimsmith.django.ClaimsmithMiddleware",
]

# Keys and addresses of the instance are read from the environment: CLERK_PUBLISHABLE_KEY and its like.
CLAIMSMITH = {"ORGANIZATION_PATTERNS": ["/teams/:slug"]}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {
            "context_processors": ["claimsmith.django.provide_auth", "django.template.context_processors.request"]
        },
    }
]
