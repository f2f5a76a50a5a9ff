# SPDX-License-Identifier: GPL-3.0-or-later
"""Record from the browser of a headset, and choose each take as the recording."""
