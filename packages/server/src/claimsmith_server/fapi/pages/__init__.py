"""Hosted pages: sign-in, sign-up, profile for applications without pages of their own (contract 4.13).

Rendered here, plain forms, no script needed. A browser is known by its client cookie alone; an application's
development browser id is only handed back to it.
"""
