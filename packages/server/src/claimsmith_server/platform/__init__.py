"""The Platform API: instance config."""
