"""A signed-in user's own account: profile, password, addresses and numbers, reverification."""
