"""The Frontend API: one file per resource."""
