# SPDX-License-Identifier: Apache-2.0
"""Solve poses while they are tracked."""

from .solving import LivePoints, LivePose, LiveSettings, LiveSolver

__all__ = ["LivePoints", "LivePose", "LiveSettings", "LiveSolver"]
