# SPDX-License-Identifier: Apache-2.0
"""Get a certificate for HTTPS: one that is given, or one that is made for this session."""

from __future__ import annotations

import importlib.util
import ipaddress
import socket
import ssl
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from ...errors import RecordingError

_LIFETIME: Final[timedelta] = timedelta(days=2)


def local_addresses() -> tuple[str, ...]:
    """Return the numbers under which other machines of the network may reach this one, the likeliest first."""
    found: list[str] = []
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: the system only chooses the network card
        found.append(probe.getsockname()[0])
    with suppress(OSError):
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return tuple(dict.fromkeys(address for address in found if not ipaddress.ip_address(address).is_loopback))


def given_certificate(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return what serves HTTPS with a certificate and its key, both as PEM files.

    Raises:
        RecordingError: they cannot be read, or do not belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise RecordingError(
            f"{certificate.name} and {key.name} cannot be used for HTTPS ({error.strerror or error}).",
            "Give a certificate and its key as PEM files.",
        ) from error
    return context


def can_make_certificate() -> bool:
    """Return whether the package is installed that makes certificates."""
    return importlib.util.find_spec("cryptography") is not None


def session_certificate(addresses: tuple[str, ...]) -> ssl.SSLContext:
    """Return what serves HTTPS with a certificate that nobody knows: the browser asks once whether to trust it.

    Raises:
        RecordingError: the package that makes certificates is not installed.
    """
    if not can_make_certificate():
        raise RecordingError(
            "A headset in the network needs HTTPS, and no certificate is given.",
            'Install "inpose[https]", or give --certificate and --key, or connect the headset by cable and leave out '
            "--listen.",
        )
    certificate, key = _made(addresses)
    with tempfile.TemporaryDirectory(prefix="inpose-https-") as folder:  # readable for this user alone
        files = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        files[0].write_bytes(certificate)
        files[1].write_bytes(key)
        return given_certificate(*files)


def _made(addresses: tuple[str, ...]) -> tuple[bytes, bytes]:
    """Return a certificate and its key, as PEM."""
    from cryptography import x509  # noqa: PLC0415 (an extra)
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "InPose recorder")])
    numbers = [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", *addresses)]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # the headset's clock may be behind
        .not_valid_after(now + _LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *numbers]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
