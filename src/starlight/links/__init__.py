"""Convergence layers as machines; they carry opaque bytes and know no bundles."""
