"""Evolved-gas runs: organic markers above background, with a calibrated probability; the next sample; triage.

A pure model: no clock, no disk beyond the files that it is told to read, no network. It says "organic marker
above background, p = ..." and never more: whether a marker comes from life is no question that a spectrum
answers. For research and training, not a safety device.
"""
