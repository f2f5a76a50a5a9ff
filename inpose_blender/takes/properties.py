# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep the last solved motion with an armature object."""

# Blender reads properties from annotations, which are then no types.
# mypy: disable-error-code="valid-type"

import bpy


class INPOSE_PG_take(bpy.types.PropertyGroup):
    """Hold the last solved motion of an armature object, for re-baking; saved with the object."""

    file: bpy.props.StringProperty(name="Solved motion", description="File of the solved motion")
    unpinned: bpy.props.StringProperty(name="Motion without pins", description="File of the motion before any pin")
    solved_pins: bpy.props.StringProperty(options={"HIDDEN"})
    """What the pins of the last solve ask for, as `bake.asked_pins` says it; empty if it is not known."""
    label: bpy.props.StringProperty(name="Take", description="The recording that was solved")
    switched_off: bpy.props.StringProperty(
        name="Switched off", description="Constraints that the baked action switches off"
    )
    notes: bpy.props.StringProperty(name="Notes", description="Notes of the solve")
    recording: bpy.props.StringProperty(name="Recording file", description="The recording that was solved")
    findings: bpy.props.StringProperty(name="Findings", description="What is wrong with the recording, as JSON")
    start_s: bpy.props.FloatProperty(name="Start", description="Time in the recording at which the motion begins")
    seat_height_m: bpy.props.FloatProperty(name="Seat", description="Height of the seat, if the performer sits")
    speed: bpy.props.FloatProperty(
        name="Speed", description="How much faster than recorded the last bake plays", default=1.0
    )
    scale: bpy.props.FloatProperty(
        name="Scale", description="Size of the character divided by that of the performer", default=1.0
    )
    no_pins: bpy.props.StringProperty(
        name="No pins", description="Why the places of the last bake are not those of the recording"
    )
    placement: bpy.props.StringProperty(name="Place", description="Where the last bake put the recorded room, as JSON")
    mirror: bpy.props.StringProperty(name="Mirror", description="Plane in which the last bake is mirrored, as JSON")
    edited: bpy.props.StringProperty(
        name="Edited motion", description="Name of the edited motion of the last bake, as long as Blender runs"
    )
    first_frame: bpy.props.IntProperty(name="First frame", description="First frame of the last bake")
    fps: bpy.props.FloatProperty(options={"HIDDEN"})
    """Frames per second of the scene at the last bake: its keys stay where they are when the scene gets another frame
    rate. 0 in files of older versions."""
    cursor: bpy.props.FloatVectorProperty(options={"HIDDEN"})
    """The 3D cursor of the last bake."""
    frame_choice: bpy.props.IntProperty(default=-1, options={"HIDDEN"})
    place_choice: bpy.props.IntProperty(default=-1, options={"HIDDEN"})
    """Which choices of First frame and Start at the last bake has obeyed, as `bake.start` counts them; -1 if that is
    not known."""
    take_id: bpy.props.StringProperty(options={"HIDDEN"})
    """The id of its entry in the list of takes; empty if it has none yet."""
    confidence: bpy.props.FloatProperty(default=-1.0, options={"HIDDEN"})
    """How sure the solver is on average, 0 to 1; below 0 if that is unknown."""
    in_row: bpy.props.BoolProperty(options={"HIDDEN"})
    """The last bake is an NLA strip in the row of all takes, and later bakes keep its place."""
