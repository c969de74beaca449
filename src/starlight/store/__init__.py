"""The durable store of a live node: its contract, SQLite, segment files, the lock of a folder."""
