# SPDX-License-Identifier: Apache-2.0
"""Describe a body and its motion: joints, rest pose, rotations, forward kinematics. Everything else builds on it."""
