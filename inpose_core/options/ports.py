# SPDX-License-Identifier: Apache-2.0
"""Name the ports that everybody uses unless told otherwise. Imports nothing: Blender's panels need them at start."""

from __future__ import annotations

from typing import Final

VMC_PORT: Final[int] = 39539
"""VMC senders send their devices to this UDP port."""
RECORDER_PAGE_PORT: Final[int] = 8443
"""The recorder page for headsets is served at this TCP port."""
