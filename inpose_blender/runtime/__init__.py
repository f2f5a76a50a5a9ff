# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the solver in a process of its own: which Python, with which packages. No bpy here."""
