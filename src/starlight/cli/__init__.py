"""The command line: reads arguments, calls the rooms behind it, prints."""
