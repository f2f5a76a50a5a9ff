# SPDX-License-Identifier: GPL-3.0-or-later
"""Set who wore the headset, and how their size maps to the character's."""
