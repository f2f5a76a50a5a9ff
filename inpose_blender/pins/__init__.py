# SPDX-License-Identifier: GPL-3.0-or-later
"""Pins: the animator says where a joint is, and the stretch around it is solved again."""
