"""Claimsmith, the service: mints session tokens on behalf of an instance."""
