"""Which way: routes over a contact plan."""
