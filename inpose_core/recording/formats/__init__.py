# SPDX-License-Identifier: Apache-2.0
"""Each module reads one file format. The modules do not import each other, except for code that formats share."""
