# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the character after a bake: its skin, its joints, its posture, and whether its hands are in its body."""
