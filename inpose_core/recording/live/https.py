# SPDX-License-Identifier: Apache-2.0
"""Get a certificate for HTTPS: one that is given, or one that is made for this session."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path

from ...errors import RecordingError
from .certificate import session_certificate


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


def made_certificate(addresses: tuple[str, ...]) -> ssl.SSLContext:
    """Return what serves HTTPS with a certificate that nobody knows: the browser asks once whether to trust it."""
    made = session_certificate(addresses)
    with tempfile.TemporaryDirectory(prefix="inpose-https-") as folder:  # readable for this user alone
        files = Path(folder, "certificate.pem"), Path(folder, "key.pem")
        files[0].write_bytes(made.certificate)
        files[1].write_bytes(made.key)
        return given_certificate(*files)
