"""Keys of gateways are kept encrypted, under a purpose of their own."""

from core.cipher import CipherError, decrypt, encrypt
from core.config import settings
from gateway.faults import GatewayError
from gateway.models import Gateway

PURPOSE = "gateway key"
SHOWN = 4


def locked(key: str) -> str:
    """A key as it is kept; no key stays empty."""
    return encrypt(key.encode(), settings().secret_key, PURPOSE) if key else ""


def unlocked(gateway: Gateway) -> str:
    """A gateway's key. Raises GatewayError when the installation's secret is another one than when it was entered."""
    if not gateway.key:
        return ""
    try:
        return decrypt(gateway.key, settings().secret_key, PURPOSE).decode()
    except CipherError as error:
        raise GatewayError("locked") from error


def ending(gateway: Gateway) -> str:
    """The last signs of a long key, to tell keys apart; empty where there is none, or none that can be read."""
    try:
        key = unlocked(gateway)
    except GatewayError:
        return ""
    return key[-SHOWN:] if len(key) >= 4 * SHOWN else ""
