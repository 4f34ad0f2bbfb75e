"""How the SDK reaches servers: where it may go, how often it asks again, and one fetch that many wait for."""
