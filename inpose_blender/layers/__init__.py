# SPDX-License-Identifier: GPL-3.0-or-later
"""Bake over what is there: masks, additive layers, NLA tracks, and blending with what plays."""
