# SPDX-License-Identifier: GPL-3.0-or-later
"""Show a recording: as head and hands in the scene, as stripes in the timeline, and as a list of findings."""
