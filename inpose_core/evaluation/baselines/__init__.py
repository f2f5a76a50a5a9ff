# SPDX-License-Identifier: Apache-2.0
"""Implement the rival systems of the comparison; they are measured, not shipped in the extension."""
