# SPDX-License-Identifier: Apache-2.0
"""The rotation-only diffusion prior: network, noise schedule, condition, checkpoint."""
