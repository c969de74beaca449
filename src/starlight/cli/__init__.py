"""The command line: reads arguments, calls expedition, prints."""
