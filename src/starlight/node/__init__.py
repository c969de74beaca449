"""The engine: receive, store, route, forward, deliver, expire, report."""
