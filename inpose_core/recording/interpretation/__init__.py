# SPDX-License-Identifier: Apache-2.0
"""Find out what a file leaves open: axes, units, hands, origin, from the data itself."""
