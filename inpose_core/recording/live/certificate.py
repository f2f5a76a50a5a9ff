# SPDX-License-Identifier: Apache-2.0
"""Make a certificate for one session, with its key (X.509, RFC 5280; curve P-256, FIPS 186).

Browsers start VR in a network only over HTTPS. Neither Python nor Blender can make a certificate, and Windows has no
program that does; so this writes one, and nothing has to be installed. It only draws a key and signs its own
certificate with it, once. Python's `ssl` does all the rest. No browser trusts such a certificate by itself: the user
says once that it may.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_LIFETIME: Final[timedelta] = timedelta(days=2)
_CLOCK_TOLERANCE: Final[timedelta] = timedelta(hours=1)
"""The headset's clock may be behind."""

_P: Final[int] = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N: Final[int] = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G: Final[tuple[int, int]] = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
"""P-256: y^2 = x^3 - 3x + b modulo P; the point G has the order N."""

_Point = tuple[int, int] | None


@dataclass(frozen=True)
class Certificate:
    """Hold a certificate and its key, as PEM."""

    certificate: bytes
    key: bytes


def session_certificate(addresses: Sequence[str], now: datetime | None = None) -> Certificate:
    """Make a certificate for localhost and for numbers and names of this computer; it is valid for two days.

    Args:
        addresses: IP addresses and host names, besides 127.0.0.1 and localhost.
        now: the time; None: that of the clock.
    """
    now = now or datetime.now(UTC)
    secret = 1 + secrets.randbelow(_N - 1)
    public = b"\x04" + b"".join(number.to_bytes(32, "big") for number in _on_curve(secret))
    name = _sequence(_der(0x31, _sequence(_id("2.5.4.3"), _der(0x0C, b"InPose recorder"))))
    known = dict.fromkeys(("localhost", "127.0.0.1", *addresses))
    names = _sequence(*(_subject(address) for address in known))
    signs = _sequence(_id("1.2.840.10045.4.3.2"))  # ECDSA with SHA-256
    body = _sequence(
        _der(0xA0, _integer(2)),  # version 3
        _integer(secrets.randbits(126)),
        signs,
        name,
        _sequence(_time(now - _CLOCK_TOLERANCE), _time(now + _LIFETIME)),
        name,
        _sequence(_sequence(_id("1.2.840.10045.2.1"), _CURVE), _bits(public)),
        _der(
            0xA3,
            _sequence(
                _sequence(_id("2.5.29.17"), _der(0x04, names)),
                _sequence(_id("2.5.29.37"), _der(0x04, _sequence(_id("1.3.6.1.5.5.7.3.1")))),  # for servers
            ),
        ),
    )
    key = _sequence(
        _integer(1), _der(0x04, secret.to_bytes(32, "big")), _der(0xA0, _CURVE), _der(0xA1, _bits(public))
    )  # RFC 5915
    whole = _sequence(body, signs, _bits(_signature(body, secret)))
    return Certificate(_pem("CERTIFICATE", whole), _pem("EC PRIVATE KEY", key))


def _subject(address: str) -> bytes:
    """Return a number or a name for which a certificate is."""
    try:
        return _der(0x87, ipaddress.ip_address(address).packed)
    except ValueError:
        return _der(0x82, address.encode("idna"))


def _signature(message: bytes, secret: int) -> bytes:
    """Return the ECDSA signature of a message. Its random number is used for nothing else."""
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    while True:
        once = 1 + secrets.randbelow(_N - 1)
        r = _on_curve(once)[0] % _N
        s = pow(once, -1, _N) * (digest + r * secret) % _N
        if r and s:
            return _sequence(_integer(r), _integer(s))


def _on_curve(times: int) -> tuple[int, int]:
    """Return a multiple of the point G; the factor is from 1 to N - 1."""
    found: _Point = None
    doubled: _Point = _G
    while times:
        if times & 1:
            found = _sum(found, doubled)
        doubled = _sum(doubled, doubled)
        times >>= 1
    assert found is not None, "only multiples of N are at infinity"
    return found


def _sum(one: _Point, other: _Point) -> _Point:
    """Return the sum of two points of the curve; None is the point at infinity."""
    if one is None or other is None:
        return other if one is None else one
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % _P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, _P) if one == other else (y2 - y1) * pow(x2 - x1, -1, _P)
    x = (slope * slope - x1 - x2) % _P
    return x, (slope * (x1 - x) - y1) % _P


def _der(tag: int, content: bytes) -> bytes:
    """Return a value with its tag and its length (DER, ITU-T X.690)."""
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def _sequence(*parts: bytes) -> bytes:
    return _der(0x30, b"".join(parts))


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(content: bytes) -> bytes:
    return _der(0x03, b"\x00" + content)


def _time(moment: datetime) -> bytes:
    return _der(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())


def _id(dotted: str) -> bytes:
    """Return an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for number in (40 * first + second, *rest):
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.append(0x80 | number & 0x7F)
        content += bytes(reversed(digits))
    return _der(0x06, content)


_CURVE: Final[bytes] = _id("1.2.840.10045.3.1.7")


def _pem(label: str, content: bytes) -> bytes:
    text = base64.b64encode(content).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode()
