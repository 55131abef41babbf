"""The store of a handset, over its serial port: its state, its records, its past, its wear."""
