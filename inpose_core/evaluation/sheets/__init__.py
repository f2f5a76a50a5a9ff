# SPDX-License-Identifier: Apache-2.0
"""Draw the solution beside the truth, because figures alone do not show whether a motion looks right."""
