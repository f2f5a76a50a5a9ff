# SPDX-License-Identifier: Apache-2.0
"""Record from what other programs send."""
