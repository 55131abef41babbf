"""Group keys of development builds: published, so they protect nothing but prove everything."""

KEYS = ((1, b"development only"),)
