# SPDX-License-Identifier: Apache-2.0
"""Describe a recording before the solve, in words and as a picture."""
