# SPDX-License-Identifier: Apache-2.0
"""Hands: finger joints, their angles, what a recording says about them, and the shapes of hands."""
