"""The Backend API: one file per resource, a handler is a list of named steps (contract 5)."""
