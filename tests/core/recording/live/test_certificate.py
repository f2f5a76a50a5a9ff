# SPDX-License-Identifier: Apache-2.0
"""Read certificates with another library, and speak TLS with them."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inpose_core.recording.live import certificate as made
from inpose_core.recording.live.certificate import Certificate, session_certificate
from inpose_core.recording.live.https import given_certificate

ADDRESSES = ("192.168.178.23", "2001:db8::7")
NAME = "stage-pc.local"


@pytest.fixture(scope="module")
def made_one() -> Certificate:
    return session_certificate((*ADDRESSES, NAME))


def test_multiples_of_the_point_are_those_of_the_standard() -> None:
    x, y = made._G
    assert made._on_curve(1) == (x, y)
    assert made._on_curve(2)[0] == 0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978
    assert made._on_curve(made._N - 1) == (x, made._P - y)
    assert made._sum(made._on_curve(made._N - 1), made._G) is None


def test_another_library_reads_it_and_verifies_its_signature(made_one: Certificate) -> None:
    x509 = pytest.importorskip("cryptography.x509")
    serialization = pytest.importorskip("cryptography.hazmat.primitives.serialization")
    found = x509.load_pem_x509_certificate(made_one.certificate)
    found.verify_directly_issued_by(found)
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", NAME]
    numbers = [ipaddress.ip_address(address) for address in ("127.0.0.1", *ADDRESSES)]
    assert names.get_values_for_type(x509.IPAddress) == numbers
    key = serialization.load_pem_private_key(made_one.key, None)
    assert key.public_key() == found.public_key()


def test_it_is_valid_from_an_hour_ago_for_two_days() -> None:
    x509 = pytest.importorskip("cryptography.x509")
    now = datetime(2026, 11, 28, 23, 59, 59, tzinfo=UTC)
    found = x509.load_pem_x509_certificate(session_certificate((), now).certificate)
    assert found.not_valid_before_utc == now - timedelta(hours=1)
    assert found.not_valid_after_utc == now + timedelta(days=2)


def test_two_sessions_have_no_key_in_common(made_one: Certificate) -> None:
    assert session_certificate(ADDRESSES).key != made_one.key


def test_a_client_that_trusts_it_speaks_tls_with_each_address(made_one: Certificate, tmp_path: Path) -> None:
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    files[0].write_bytes(made_one.certificate)
    files[1].write_bytes(made_one.key)
    server = given_certificate(*files)
    for host in ("localhost", "127.0.0.1", *ADDRESSES):
        assert shake_hands(server, ssl.create_default_context(cadata=made_one.certificate.decode()), host)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, ssl.create_default_context(cadata=made_one.certificate.decode()), "192.168.178.24")


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> bool:
    """Let both sides agree in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for side in list(sides):
            try:
                side.do_handshake()
                sides.remove(side)
            except ssl.SSLWantReadError:
                pass
    return not sides
