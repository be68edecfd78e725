"""OAuth 1.0a, as LTI 1.1 uses it: is a form signed by who knows the consumer's secret, and when; and signing what Lotse sends.

The signature itself is oauthlib's. What stands here says why a form is refused, so that an operator can mend it.
"""

import re
from dataclasses import dataclass
from itertools import product
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from oauthlib.common import Request
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, Client, RequestValidator, SignatureOnlyEndpoint

from lti.launch import OLDEST, SKEW
from lti.refusals import Refused

METHODS = (SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256)
FORM = "application/x-www-form-urlencoded"
LONGEST_FORM = 100_000
_NEEDED = ("oauth_consumer_key", "oauth_signature", "oauth_signature_method", "oauth_timestamp", "oauth_nonce")


@dataclass(frozen=True)
class Form:
    """A launch as it was posted: the address as the platform knows it (with its query), and the body, not yet believed."""

    address: str
    body: str
    fields: dict[str, str]


def received(address: str, body: bytes) -> Form:
    """A posted form. Raises Refused when it is none, or no signed one."""
    try:
        text = body.decode("ascii")  # A form's body is percent-encoded.
        pairs = parse_qsl(text, keep_blank_values=True)
    except ValueError as error:
        raise Refused("form_malformed") from error
    if len(body) > LONGEST_FORM:
        raise Refused("form_malformed")
    fields = dict(pairs)
    if not all(fields.get(name) for name in _NEEDED):
        raise Refused("oauth_missing")
    if len([name for name, _ in pairs if name.startswith("oauth_")]) != len([name for name in fields if name.startswith("oauth_")]):
        raise Refused("form_malformed")
    return Form(address, text, fields)


def verify(form: Form, secret: str, now: float) -> dict[str, str]:
    """The fields that the consumer with this secret has signed, and signed lately. Raises Refused."""
    if form.fields["oauth_signature_method"] not in METHODS:
        raise Refused("signature_method")
    _check_time(form.fields["oauth_timestamp"], now)
    for address, body in product(_addresses(form), _bodies(form)):
        endpoint = SignatureOnlyEndpoint(_OneConsumer(form.fields["oauth_consumer_key"], secret))
        valid, request = _validate(endpoint, address, body)
        if valid and request is not None:
            return {str(name): str(value) for name, value in request.params}
    raise Refused("signature")


def _validate(endpoint: SignatureOnlyEndpoint, address: str, body: str) -> tuple[bool, Request | None]:
    try:
        valid, request = endpoint.validate_request(address, "POST", body, {"Content-Type": FORM})
    except ValueError:  # Letters that a form cannot have, or an address that is none.
        return False, None
    return bool(valid), request


def _check_time(timestamp: str, now: float) -> None:
    """Ten digits (oauthlib takes no others), within the time in which a nonce is remembered."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) == 10):
        raise Refused("form_malformed")
    if int(timestamp) > now + SKEW:
        raise Refused("issued_ahead")
    if int(timestamp) < now - OLDEST:
        raise Refused("issued_long_ago")


def _addresses(form: Form) -> list[str]:
    """The address with all of its query, and without what the form repeats.

    Some consumers put the query of the tool's address into the form as well and sign it once; RFC 5849 (section 3.4.1.3.1) counts it twice.
    """
    parts = urlsplit(form.address)
    posted = set(parse_qsl(form.body, keep_blank_values=True))
    left = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair not in posted]
    once = urlunsplit(parts._replace(query=urlencode(left)))
    return list(dict.fromkeys([form.address, once]))


def _bodies(form: Form) -> list[str]:
    """The body as it came, and with the line ends that were signed.

    Browsers post every line end as CR LF (HTML Standard, 4.10.21.4); a consumer that signs a description of several lines as it stands
    in its database has signed LF.
    """
    return list(dict.fromkeys([form.body, re.sub("%0D%0A", "%0A", form.body, flags=re.IGNORECASE)]))


class _OneConsumer(RequestValidator):
    """What oauthlib asks about a consumer. Whether the nonce is new is decided when the launch is let in."""

    allowed_signature_methods = METHODS
    enforce_ssl = False                # The address is LOTSE_BASE_URL, which is http on localhost only.
    timestamp_lifetime = OLDEST
    dummy_client = ""

    def __init__(self, key: str, secret: str) -> None:
        super().__init__()
        self._key, self._secret = key, secret

    def check_client_key(self, client_key: str) -> bool:
        return client_key == self._key

    def check_nonce(self, nonce: str) -> bool:
        return len(nonce) <= 255

    def validate_timestamp_and_nonce(self, *_args: object, **_more: object) -> bool:
        return True

    def validate_client_key(self, client_key: str, request: Request) -> bool:
        return client_key == self._key

    def get_client_secret(self, client_key: str, request: Request) -> str:
        return self._secret

    def get_access_token_secret(self, client_key: str, token: str, request: Request) -> str:
        return ""  # LTI has no tokens (LTI 1.1, section 4.2); a form may have the empty field.


# --- What Lotse sends -------------------------------------------------------------------------------------------------

def signed_headers(url: str, body: str, content_type: str, key: str, secret: str) -> dict[str, str]:
    """The headers of a signed POST whose body is no form: its hash is signed (OAuth Request Body Hash; LTI 1.1, section 4.3)."""
    client = Client(key, client_secret=secret, signature_method=SIGNATURE_HMAC_SHA1)
    _, headers, _ = client.sign(url, "POST", body, {"Content-Type": content_type})
    return {str(name): str(value) for name, value in headers.items()}

