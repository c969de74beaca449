"""The mailboxes of a node: letters kept as records, found by conversation, with what is known of each."""
