"""Letters taken out of a mailbox, as files that outlive any Starlight, and back into one; and as a book to
read."""
