# SPDX-License-Identifier: GPL-3.0-or-later
"""Understand a rig: which bone is which joint, what is in the way, how long its limbs are, what carries what."""
