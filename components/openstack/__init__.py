"""The cloud as a spec needs it: login, connection, names resolved to ids."""
