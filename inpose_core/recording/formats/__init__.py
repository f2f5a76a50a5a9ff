# SPDX-License-Identifier: Apache-2.0
"""Read one file format each; none knows of another's existence but by what they share."""
