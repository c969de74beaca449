"""The engine: one node at work, events in, actions out; the application that lives on it; its record."""
