"""The live stream at `/ws`: each account's journal, pushed to its people.

A socket is a reader of the journal with a place in it, its cursor; a ring of the doorbell only wakes it.
`handshake` admits a client and `consumer` speaks with it, in the words of `protocol`; `sockets` holds its cursor and
what it wants; `outbox` sends, and notices who does not read; `hub` wakes a `feed` for each account, which reads the
journal once for all its sockets here, through `tail`; `events` is the table of what goes out.
"""
