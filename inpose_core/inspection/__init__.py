# SPDX-License-Identifier: Apache-2.0
"""Look at a recording before it is solved: in words and as a picture."""
