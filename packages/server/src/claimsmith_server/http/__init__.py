"""What every face shares: errors, bodies, queries, answers."""
