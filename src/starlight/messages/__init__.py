"""Letters between people: format, mailboxes, delivery states, forecasts, receipts."""
