"""Run the command line as ``python -m starlight``."""

from starlight.cli.main import main

main()
