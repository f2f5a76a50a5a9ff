# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the constraints that a baked action switches off: inverse kinematics and limits on the bones of the body.

Keyframes of the body's own bones have no effect under inverse kinematics. So the new action keys the influence of such
constraints with 0. The armature stores the earlier influence, so that the user can restore it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

import bpy

from ..bpy_compat import all_curves, remove_curves
from ..core import RigError
from .action_marks import SWITCHES_KEY
from .families import RigMapping
from .home import playing_actions

_IK_TYPES: Final[frozenset[str]] = frozenset({"IK", "SPLINE_IK"})
_LIMIT_TYPES: Final[frozenset[str]] = frozenset({"LIMIT_ROTATION", "LIMIT_LOCATION", "LIMIT_SCALE", "LIMIT_DISTANCE"})
_KEY: Final[str] = "inpose_switched_off"


@dataclass(frozen=True)
class SwitchedOff:
    """Stand for one constraint, or one custom property of a bone, that a baked action switches off."""

    bone: str
    constraint: str
    """Empty: a custom property of the bone."""
    influence: float
    """Its influence before; or the value of the setting before."""
    setting: str = "influence"
    """What is switched off: the influence, or another property of the constraint such as ``use_stretch``; or the name
    of the custom property."""

    @property
    def data_path(self) -> str:
        """Return the path of the setting, from the armature object."""
        bone, constraint = (bpy.utils.escape_identifier(name) for name in (self.bone, self.constraint))
        if not self.constraint:
            return f'pose.bones["{bone}"]["{bpy.utils.escape_identifier(self.setting)}"]'
        return f'pose.bones["{bone}"].constraints["{constraint}"].{self.setting}'

    def find(self, armature_object: Any) -> Any:
        """Return the constraint, or the bone with the custom property; None if it is gone."""
        bone = armature_object.pose.bones.get(self.bone)
        if bone is None or self.constraint:
            return bone.constraints.get(self.constraint) if bone else None
        return bone if self.setting in bone else None

    def value(self, armature_object: Any) -> float:
        """Return the value of the setting now; what it belongs to must exist."""
        owner = self.find(armature_object)
        return float(getattr(owner, self.setting) if self.constraint else owner[self.setting])

    def restore(self, armature_object: Any) -> None:
        """Give the setting its earlier value; what it belongs to must exist."""
        owner = self.find(armature_object)
        if self.constraint:
            setattr(owner, self.setting, type(getattr(owner, self.setting))(self.influence))
        else:
            owner[self.setting] = type(owner[self.setting])(self.influence)


def is_active(constraint: Any) -> bool:
    """Say whether a constraint has an effect."""
    return bool(constraint.enabled and not constraint.mute and constraint.influence > 0)


def can_be_switched_off(constraint: Any) -> bool:
    """Say whether a baked action may switch off a constraint of a bone that it keys."""
    return constraint.type in _IK_TYPES | _LIMIT_TYPES


def to_switch_off(armature_object: Any, mapping: RigMapping) -> tuple[SwitchedOff, ...]:
    """Return the constraints that would change the baked motion and that the action switches off.

    Those that an earlier bake has switched off are among them.

    Raises:
        RigError: a driver sets the influence of one of them; the message names the bone.
    """
    if mapping.family.is_control_rig:  # there inverse kinematics is the design, and the rig has a switch
        return ()
    remembered = [each for each in remembered_off(armature_object) if each.setting == "influence"]
    before = {(each.bone, each.constraint): each for each in remembered}
    found = []
    for bone, constraint in _disturbing(armature_object.pose.bones, mapping):
        known = before.get((bone.name, constraint.name))
        off = known if known and constraint.influence == 0 else None
        if off is None and is_active(constraint):
            off = SwitchedOff(bone.name, constraint.name, constraint.influence)
        if off is not None:
            found.append(off)
    animation = armature_object.animation_data
    driven = {driver.data_path for driver in (animation.drivers if animation else ()) if not driver.mute}
    for off in found:
        if off.data_path in driven:
            raise RigError(
                f"A driver sets the influence of the constraint {off.constraint} of {off.bone}.",
                "Switch the limb from IK to FK, or mute the constraint or the driver.",
            )
    return tuple(found)


def remembered_off(armature_object: Any) -> tuple[SwitchedOff, ...]:
    """Return the constraints that bakes have switched off and that were not restored since, if they still exist."""
    texts = [getattr(getattr(armature_object, "inpose_take", None), "switched_off", "")]
    # A file that was baked without a window has it only there.
    texts += [str(action.get(_KEY, "")) for action in playing_actions(armature_object)]
    remembered = {each.data_path: each for text in reversed(texts) for each in _parse(text)}
    return tuple(each for each in remembered.values() if each.find(armature_object) is not None)


def remember_off(armature_object: Any, action: Any, switched_off: Iterable[SwitchedOff]) -> None:
    """Store the switched-off constraints with an armature object and its new action."""
    switched_off = tuple(switched_off)
    if not switched_off:
        return
    own = {each.data_path: each for each in (*_parse(str(action.get(_KEY, ""))), *switched_off)}
    action[_KEY] = _text(own.values())
    take = getattr(armature_object, "inpose_take", None)
    if take is not None:
        kept = {each.data_path: each for each in (*_parse(take.switched_off), *switched_off)}
        take.switched_off = _text(kept.values())


def give_back(armature_object: Any) -> int:
    """Restore the stored constraints, and remove the keys that switch them off; return their number."""
    remembered = remembered_off(armature_object)
    for action in playing_actions(armature_object):
        if _KEY in action or SWITCHES_KEY in action:
            remove_curves(action, {each.data_path for each in remembered})
        if _KEY in action:
            del action[_KEY]
    _remove_empty_switches(armature_object.animation_data)
    for each in remembered:
        each.restore(armature_object)
    armature_object.update_tag()
    take = getattr(armature_object, "inpose_take", None)
    if take is not None:
        take.switched_off = ""
    return len(remembered)


def _remove_empty_switches(animation: Any) -> None:
    """Remove the tracks that hold settings and have none left."""
    for track in list(animation.nla_tracks) if animation is not None else ():
        actions = [strip.action for strip in track.strips if strip.action is not None and SWITCHES_KEY in strip.action]
        if actions and not any(all_curves(action) for action in actions):
            animation.nla_tracks.remove(track)
            for action in actions:
                if action.users == 0:
                    bpy.data.actions.remove(action)


def restore_unkeyed(armature_object: Any) -> None:
    """Restore the stored constraints that no playing action keys: the bake that switched them off plays no longer."""
    keyed = {curve.data_path for action in playing_actions(armature_object) for curve in all_curves(action)}
    left = [each for each in still_off(armature_object) if each.data_path not in keyed]
    for each in left:
        each.restore(armature_object)
    take = getattr(armature_object, "inpose_take", None)
    if left and take is not None:
        take.switched_off = _text(each for each in _parse(take.switched_off) if each not in left)
    if left:
        armature_object.update_tag()


def still_off(armature_object: Any) -> tuple[SwitchedOff, ...]:
    """Return the remembered constraints that are switched off now."""
    remembered = remembered_off(armature_object)
    return tuple(each for each in remembered if each.value(armature_object) < each.influence)


def _disturbing(pose_bones: Any, mapping: RigMapping) -> Iterator[tuple[Any, Any]]:
    """Yield bones and constraints, active or not, that act on the mapped bones or on what carries them."""
    mapped = set(mapping.bones.values())
    moving = mapped | {parent.name for bone in mapped for parent in pose_bones[bone].parent_recursive}
    for owner in pose_bones:
        for constraint in owner.constraints:
            if constraint.type in _LIMIT_TYPES and owner.name in moving:
                yield owner, constraint
            elif constraint.type in _IK_TYPES:
                chain = [owner, *owner.parent_recursive]
                if constraint.chain_count:
                    chain = chain[: constraint.chain_count]
                if any(bone.name in moving for bone in chain):
                    yield owner, constraint


def _text(switched_off: Iterable[SwitchedOff]) -> str:
    return json.dumps([asdict(each) for each in switched_off], ensure_ascii=False)


def _parse(text: str) -> tuple[SwitchedOff, ...]:
    try:
        return tuple(SwitchedOff(**each) for each in json.loads(text)) if text else ()
    except (TypeError, ValueError):  # a script wrote nonsense: as if nothing had been switched off
        return ()
