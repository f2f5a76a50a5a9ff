# SPDX-License-Identifier: Apache-2.0
"""Record poses that other programs send."""
