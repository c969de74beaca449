"""What a node keeps, is told and asks: ledger and states, events and actions, the application boundary."""
