# SPDX-License-Identifier: GPL-3.0-or-later
"""Put InPose into Blender: measure the rig, let the solver process work, bake its answer as keyframes."""
