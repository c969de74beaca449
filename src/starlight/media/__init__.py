"""Voices and pictures: encoded, decoded and made small, behind limits, in a process of their own."""
