# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the character after a bake: is its skin whole, does it stand, do its hands stay out of its body."""
