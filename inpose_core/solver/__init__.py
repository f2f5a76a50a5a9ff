# SPDX-License-Identifier: Apache-2.0
"""Solve: the settings, and the way from sensors and a skeleton to a motion."""
