"""The address of LinkedIn's form for a certificate, filled in. A plain link: nothing is sent before the holder follows it.

The names of the parameters are those of https://addtoprofile.linkedin.com (“Add to Profile”).
"""

from datetime import date
from urllib.parse import urlencode

from certificates.snapshot import Snapshot


def address(snapshot: Snapshot, language: str) -> str:
    """Where the holder adds this certificate to a profile of theirs. Their name is not in it."""
    issued = date.fromisoformat(snapshot.issued_on)
    values = {
        "startTask": "CERTIFICATION_NAME", "name": snapshot.course[language], "organizationName": snapshot.issuer,
        "issueYear": issued.year, "issueMonth": issued.month, "certId": snapshot.number, "certUrl": snapshot.address,
    }
    if snapshot.expires_on:
        last = date.fromisoformat(snapshot.expires_on)
        values |= {"expirationYear": last.year, "expirationMonth": last.month}
    return f"https://www.linkedin.com/profile/add?{urlencode(values)}"
