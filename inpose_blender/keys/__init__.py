# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose which frames of an animation get keys. Pure numpy."""
