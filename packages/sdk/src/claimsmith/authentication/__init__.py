"""Who is calling: the decision on a request, from its facts, as a pure core and what is asked for it."""
