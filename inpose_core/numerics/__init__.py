# SPDX-License-Identifier: Apache-2.0
"""Do the mathematics that numpy leaves to other libraries, with numpy alone."""
