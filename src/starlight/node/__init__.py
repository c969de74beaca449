"""The vocabulary of a node: ledger and states, events and actions, the application boundary."""
