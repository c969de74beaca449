"""Letters between people: format, mailbox, delivery states, times of arrival."""
