"""What a bundle is: bytes to values and back (RFC 9171, 9758). No clock, no I/O."""
