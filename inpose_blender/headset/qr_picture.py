# SPDX-License-Identifier: GPL-3.0-or-later
"""Show an address as a QR code in a panel: black on white in every theme, with its quiet zone."""

from __future__ import annotations

from typing import Any, Final

import bpy.utils.previews

_MODULE_PIXELS: Final[int] = 8
"""Blender smooths a picture that it scales: with large modules only their edges become grey."""
_SCALE: Final[float] = 10.0
"""Side of the picture in units of the interface: it fits a narrow sidebar, and a camera reads it from a desk's
distance."""
_pictures: Final[list[bpy.utils.previews.ImagePreviewCollection]] = []
"""At most one collection: Blender shows only pictures that stay in memory."""


def draw_qr_code(layout: Any, text: str) -> None:
    """Draw the QR code of a short text."""
    layout.template_icon(icon_value=_picture(text).icon_id, scale=_SCALE)


def clear() -> None:
    """Free the pictures."""
    while _pictures:
        bpy.utils.previews.remove(_pictures.pop())


def _picture(text: str) -> Any:
    """Return the picture of a text; it is made when it is drawn for the first time."""
    if not _pictures:
        _pictures.append(bpy.utils.previews.new())
    pictures = _pictures[0]
    if text not in pictures:
        pictures.clear()  # the address before has ended
        picture = pictures.new(text)
        pixels = _pixels(text)
        picture.image_size = pixels.shape[:2]
        picture.image_pixels_float.foreach_set(pixels.ravel())
    return pictures[text]


def _pixels(text: str) -> Any:
    """Return the picture (rows from the bottom, columns, RGBA)."""
    import numpy as np

    from ..core import qr_code, with_quiet_zone

    light = ~np.kron(with_quiet_zone(qr_code(text)), np.ones((_MODULE_PIXELS, _MODULE_PIXELS), dtype=bool))
    pixels = np.ones((*light.shape, 4), dtype=np.float32)
    pixels[..., :3] = light[::-1, :, None]
    return pixels
