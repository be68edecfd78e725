"""`./lotse bench badge`: the processor time that a badge costs to sign and to check."""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from json import dumps

from bench.report import Figure
from certificates.credentials import badge, check, did, jwt, proof, status
from certificates.credentials.badge import Issuer, Validity, Wording
from certificates.credentials.keys import SigningKey
from certificates.credentials.sample import BASE, LIST, SLUG, SNAPSHOT


def figures() -> list[Figure]:
    """All figures, warm, for the sample certificate."""
    now = datetime.now(UTC)
    key, issuer = SigningKey.generate(), Issuer(did.identifier(BASE, SLUG), SNAPSHOT.issuer, BASE)
    method = did.method(issuer.did, key.multibase)
    unsigned = badge.credential(
        SNAPSHOT, issuer=issuer, validity=Validity(now), status=status.StatusEntry(LIST, 4711), wording=Wording("en", "Pass.", "Points"),
    )
    listed = status.list_credential(address=LIST, issuer=issuer.did, withdrawn=range(500), since=now, until=now + timedelta(days=1))
    signed = dumps(proof.sign(unsigned, key=key, method=method, created=now))
    documents = {issuer.did: did.document(issuer.did, key.multibase)}
    lists = {LIST: proof.sign(listed, key=key, method=method, created=now)}
    if check.check(signed, documents=documents.get, lists=lists.get, at=now).outcome is not check.Outcome.VALID:
        raise RuntimeError("The badge that was signed is not valid.")
    return [
        Figure("sign, as JSON with its proof, median", _median(lambda: proof.sign(unsigned, key=key, method=method, created=now)), "ms CPU", 10, at_least=False),
        Figure("sign, as JWT, median", _median(lambda: jwt.sign(unsigned, key=key, method=method)), "ms CPU", 1, at_least=False),
        Figure("check with its status list, median",
               _median(lambda: check.check(signed, documents=documents.get, lists=lists.get, at=now)), "ms CPU", 15, at_least=False),
    ]


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(60):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return round(1000 * statistics.median(taken), 2)
