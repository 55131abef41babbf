"""Work on a handset that carries a development build: run and keep a working tree's modules."""
