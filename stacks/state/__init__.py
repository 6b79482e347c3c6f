"""The state of a bay: its snapshot, status, file, lock, passphrase and keys."""
