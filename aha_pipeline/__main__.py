"""`python -m aha_pipeline` is the `aha` command."""

from aha_pipeline.cli import main

main()
