"""The project's own tools: what the Makefile runs, and what the tests ask of chapters."""
