"""Custody contract: the C module `vault`, which holds the store's keys."""

import vault

custody = vault.custody
