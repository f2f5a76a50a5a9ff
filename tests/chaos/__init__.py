# SPDX-License-Identifier: GPL-3.0-or-later
"""Disturb running commands at random, and compare what they leave with what must be."""
