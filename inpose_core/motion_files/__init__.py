# SPDX-License-Identifier: Apache-2.0
"""Read and write full-body motion in common formats: AMASS and BVH."""
