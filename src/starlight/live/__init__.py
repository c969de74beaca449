"""Real time: daemon, sockets, the durable store, the clock."""
