# SPDX-License-Identifier: Apache-2.0
"""Hear devices as they move: from VMC and OSC senders, from a headset's page, or from whoever runs the session."""
