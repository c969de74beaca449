"""Starlight: talk across light-time and silence.

A messenger for people on different worlds, on a delay-tolerant network node
that speaks BPv7 (RFC 9171) and its convergence layers. ARCHITECTURE.md says
which folder holds what, and which may import which.
"""

__version__ = "0.1.0"
