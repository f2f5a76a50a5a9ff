# SPDX-License-Identifier: Apache-2.0
"""Turn what different programs write about fingers and buttons into `FingerTracks`."""
