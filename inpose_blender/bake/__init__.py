# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a solved motion into an action: adjust it, pose the bones, write the keys."""
