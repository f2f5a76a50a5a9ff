# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean-up tools: add, order and remove the edits of a character. Every bake applies them."""
