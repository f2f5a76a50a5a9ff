# SPDX-License-Identifier: GPL-3.0-or-later
"""Say who wore the headset, and how their size becomes the character's."""
