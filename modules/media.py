"""How files of a course are sent: with a type from a short list, and so that nothing in them can run."""

from flask import Response

from modules.folder import SHOWN, TYPES, suffix_of

_KEEP = "public, max-age=31536000, immutable"  # The address names the edition, which never changes.


def media_response(content: bytes, path: str) -> Response:
    """Send a file from a course. An SVG opened by itself is in a sandbox without scripts; unknown kinds only download."""
    suffix = suffix_of(path)
    response = Response(content, content_type=TYPES.get(suffix, "application/octet-stream"))
    response.headers["Content-Disposition"] = "inline" if suffix in SHOWN else "attachment"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = _KEEP
    return response
