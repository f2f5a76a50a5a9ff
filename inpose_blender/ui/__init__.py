# SPDX-License-Identifier: GPL-3.0-or-later
"""Share code of the panels and operators of all features."""
