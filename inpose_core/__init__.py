# SPDX-License-Identifier: Apache-2.0
"""Solve full-body motion from head and two hands: recording, calibration, prior, guidance, motion."""
