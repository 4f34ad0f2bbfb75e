"""Tokens and the keys that verify them: strict, bounded, and apart from any request."""
