"""Build helpers. Standard library only: they run before the virtual environment exists."""
