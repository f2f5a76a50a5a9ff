# SPDX-License-Identifier: Apache-2.0
"""Read captured full-body motion of other makers: AMASS and BVH."""
