# SPDX-License-Identifier: GPL-3.0-or-later
"""Reduce the keys of any action of an armature."""
