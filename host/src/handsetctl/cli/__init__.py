"""The command line: one file per noun. Only this package prints and decides exit codes."""
