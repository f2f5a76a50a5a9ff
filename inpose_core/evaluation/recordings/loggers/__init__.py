# SPDX-License-Identifier: Apache-2.0
"""Write simulated takes as loggers of all kinds write them: tables, JSON, replays, BVH."""
