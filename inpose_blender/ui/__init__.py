# SPDX-License-Identifier: GPL-3.0-or-later
"""Share what the features' panels and operators have in common."""
