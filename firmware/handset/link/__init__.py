"""Management link: SMP over the serial console, shared with log text."""
