"""What a verified token says: its claims as types, as a mapping that explains itself, and those left out of it."""
