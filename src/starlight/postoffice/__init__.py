"""The post office of a node: what its mailboxes write and receive, and what becomes of it."""
