"""The local API of a running node as programs beside it use it: letters, bundles, status."""
