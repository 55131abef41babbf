"""Floor control: who may speak. 3GPP TS 24.380, off-network (no server)."""
