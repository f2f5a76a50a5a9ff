# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve a recording: the button, the queue, the request."""
