"""What the Backend API answers, as frozen structs.

They take what any instance sends: members that they do not know are passed over, and what may be absent or null on the
wire is `None` or empty here. Times are unix milliseconds unless a field says otherwise. Words such as a status stay
plain strings, since a server may learn new ones.
"""
