# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve and bake recordings without a window."""
