"""How a seal gets into a PDF (PAdES B-B, or B-T with a timestamp), by pyHanko.

Only certificates.sealing.seal imports this module, and late: pyHanko takes a second and 25 MB, and few processes seal.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import Any

import httpx2
from asn1crypto import cms
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.general import as_signing_certificate_v2, simple_cms_attribute
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certificates.sealing.errors import SealError, TimestampError
from certificates.sealing.keys import Key, digest_for
from certificates.sealing.tagging import tag_field
from certificates.sealing.timestamps import timestamp

FIELD = "Seal"
# Parts of pyHanko that have no types.
_attribute: Callable[[str, Any], cms.CMSAttribute] = simple_cms_attribute
_store: Callable[[Iterable[asn1.Certificate]], SimpleCertificateStore] = SimpleCertificateStore.from_certs
ROOM = 3000                            # bytes for all of a signature but certificates and timestamp
TIMESTAMP_ROOM = 12_000


@dataclass(frozen=True)
class Words:
    """What readers of the file find beside the seal."""

    label: str
    reason: str | None
    location: str | None


@dataclass
class Authority:
    """Whom to ask for a timestamp, and what came of it."""

    http: httpx2.Client
    address: str
    required: bool
    failure: TimestampError | None = None


class _Writer(IncrementalPdfFileWriter):
    """Appends to a file, and leaves its metadata as they are: pyHanko would write them anew, in other words than the printed ones."""

    def _update_meta(self) -> None:
        pass


class _Sealing(Signer):
    """One sealing with a key that is open already: pyHanko's own signer would read and check an RSA key each time, for 0.2 s."""

    def __init__(self, key: Key, authority: Authority | None) -> None:
        super().__init__(
            signing_cert=_in_asn1(key.certificate), cert_registry=_store(map(_in_asn1, key.chain)), embed_roots=False,
        )
        self._key = key
        self._authority = authority

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return self._key.sign(data, digest_algorithm)

    async def signed_attrs(
        self, data_digest: bytes, digest_algorithm: str, attr_settings: object = None, content_type: str = "data",
        use_pades: bool = True, timestamper: object = None, dry_run: bool = False, is_pdf_sig: bool = True,
    ) -> cms.CMSAttributes:
        """The three that PAdES B-B wants. The certificate's is made once: asn1crypto takes as long for it as for all the rest."""
        return cms.CMSAttributes([
            _attribute("content_type", content_type), _attribute("message_digest", data_digest),
            cms.CMSAttribute.load(_bound_to(self._key.certificate)),
        ])

    async def unsigned_attrs(
        self, digest_algorithm: str, signature: bytes, signed_attrs: cms.CMSAttributes,
        timestamper: object = None, dry_run: bool = False,
    ) -> cms.CMSAttributes | None:
        """The timestamp is asked for when the signature is there, so that a seal without one needs no second signature."""
        if self._authority is None:
            return None
        try:
            token = await timestamp(self._authority.http, self._authority.address, signature)
        except TimestampError as error:
            if self._authority.required:
                raise
            self._authority.failure = error
            return None
        return _stamped(token)


def sign(content: bytes, key: Key, words: Words, authority: Authority | None) -> bytes:
    """The file with a seal that allows no change. Raises SealError."""
    # PDF/A wants a line end before each object, and what is appended begins with one.
    writer = _Writer(BytesIO(content if content.endswith(b"\n") else content + b"\n"))
    signer = PdfSigner(
        PdfSignatureMetadata(
            field_name=FIELD, md_algorithm=digest_for(key.certificate), reason=words.reason, location=words.location,
            certify=True, docmdp_permissions=MDPPerm.NO_CHANGES, subfilter=SigSeedSubFilter.PADES,
        ),
        signer=_Sealing(key, authority),
    )
    append_signature_field(writer, SigFieldSpec(FIELD, readable_field_name=words.label))
    tag_field(writer, writer.root["/AcroForm"]["/Fields"].raw_get(-1), words.label)
    sealed: BytesIO = signer.sign_pdf(writer, existing_fields_only=True, bytes_reserved=_room(key, authority))
    return sealed.getvalue()


def stamp(content: bytes, authority: Authority) -> bytes:
    """A sealed file with a timestamp in the place that was kept free for it; the seal stays as it is. Raises TimestampError."""
    seal = PdfFileReader(BytesIO(content)).embedded_regular_signatures[0]
    signed = cms.ContentInfo.load(seal.pkcs7_content)
    [signer] = signed["content"]["signer_infos"]
    signer["unsigned_attrs"] = _stamped(asyncio.run(timestamp(authority.http, authority.address, signer["signature"].native)))
    _, before, after, _ = map(int, seal.byte_range)
    room = after - before - 2
    digits: str = signed.dump().hex().upper()
    if len(digits) > room:
        raise SealError("no place was kept free for a timestamp")
    return b"".join([content[: before + 1], digits.ljust(room, "0").encode(), content[after - 1 :]])


def _stamped(token: cms.ContentInfo) -> cms.CMSAttributes:
    return cms.CMSAttributes([_attribute("signature_time_stamp_token", token)])


def _room(key: Key, authority: Authority | None) -> int:
    """Hexadecimal digits to keep free for the signature: it is written into the file after the file's digest is known."""
    certificates = sum(len(entry.public_bytes(Encoding.DER)) for entry in (key.certificate, *key.chain))
    return 2 * (ROOM + certificates + (TIMESTAMP_ROOM if authority else 0))


@lru_cache(maxsize=64)
def _bound_to(certificate: x509.Certificate) -> bytes:
    """The attribute that binds a signature to its certificate."""
    content: bytes = _attribute("signing_certificate_v2", as_signing_certificate_v2(_in_asn1(certificate))).dump()
    return content


def _in_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))
