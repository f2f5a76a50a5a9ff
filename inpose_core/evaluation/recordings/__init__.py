# SPDX-License-Identifier: Apache-2.0
"""Measure what the product makes of real recordings' defects, on motion with known truth."""
