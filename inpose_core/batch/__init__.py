# SPDX-License-Identifier: Apache-2.0
"""Solve many recordings: jobs as data, all cores, and a batch that can be killed and continued."""
