# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the finger bones of a rig, and turn them as the recording or a relaxed hand wants it."""
