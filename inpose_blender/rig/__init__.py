# SPDX-License-Identifier: GPL-3.0-or-later
"""Analyse a rig: which bone is which joint, what prevents a bake, the lengths of the limbs, the parents."""
