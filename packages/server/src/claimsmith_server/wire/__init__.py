"""What goes out: one struct per resource."""
