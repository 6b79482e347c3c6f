"""keystone.conf."""

from bay.sandbox.config.common import Sections, Settings, database, default, libraries


def keystone(settings: Settings) -> Sections:
    """Tokens live a day, so that a long trial does not log out; bcrypt's least rounds: the passwords are random."""
    keys = f"{settings.state}/keys"
    return {
        "DEFAULT": default(public_endpoint=settings.url("keystone")),
        "database": database(settings, "keystone"),
        **libraries(settings),
        "token": {"provider": "fernet", "expiration": 86400},
        "fernet_tokens": {"key_repository": f"{keys}/fernet"},
        "fernet_receipts": {"key_repository": f"{keys}/fernet"},
        "credential": {"key_repository": f"{keys}/credential"},
        "cache": {"enabled": True, "backend": "dogpile.cache.memory", "expiration_time": 60},
        "identity": {"password_hash_algorithm": "bcrypt", "password_hash_rounds": 4},
    }
