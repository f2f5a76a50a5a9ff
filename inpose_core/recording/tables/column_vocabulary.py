# SPDX-License-Identifier: Apache-2.0
"""Know the words with which people name the columns of devices, kinds, axes and times, in several languages."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_WORD: Final[re.Pattern[str]] = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+|[^\W\d_a-zA-Z]+")

_HEAD: Final[str] = (
    "head hmd headset camera cam centereye centereyeanchor viewer maincamera helmet kopf helm brille tete "
    "casque cabeza casco visor testa visore cabeca hoofd huvud glowa голова шлем 頭 頭部 ヘッド ヘッドセット "
    "头 头部 头盔 머리 헤드 헤드셋"
)
_LEFT: Final[str] = (
    "left l lhand lefthand leftcontroller lcontroller lh lc links linke linker linken gauche izquierda "
    "izquierdo izq sinistra sinistro esquerda esquerdo linkerhand vanster lewa lewy левая левый 左 左手 왼 "
    "왼손 왼쪽 左コントローラー 左手柄"
)
_RIGHT: Final[str] = (
    "right r rhand righthand rightcontroller rcontroller rh rc rechts rechte rechter rechten droite droit "
    "derecha derecho destra destro direita direito rechterhand hoger prawa prawy правая правый 右 右手 오른 "
    "오른손 오른쪽 右コントローラー 右手柄"
)
_NEUTRAL: Final[str] = (
    "hand controller controllers wrist main mano mao hande haand reka рука 手 コントローラ コントローラー "
    "手柄 손 controleur manette mando controle wand touch device anchor grip pose raw tracked tracking "
    "transform node xr vr world global data value the of de la le der die das del della da do gerat hands "
    "center eye anchorpose"
)
_POSITION: Final[str] = (
    "p pos position positions loc location t trans translation place coord coordinate coordinates posicion "
    "posizione posicao ort lage koordinate positie pozycja позиция 位置 座標 坐标 위치"
)
_ROTATION: Final[str] = (
    "q quat quaternion quaternions rot rotation rotations orientation orient ori attitude orientierung "
    "drehung rotacion orientacion rotazione orientamento rotacao orientacao rotatie rotacja вращение 回転 "
    "姿勢 旋转 旋轉 회전"
)
_EULER: Final[str] = "euler eulers eulerangles angle angles ang winkel angulo angolo angulos angoli 角度 각도"
_TIME: Final[str] = (
    "t time timestamp timestamps times seconds secs sec ticks tick zeit zeitstempel temps horodatage tiempo "
    "tempo marca elapsed unix epoch clock datetime date utc frametime timecode czas tijd tid время 時間 時刻 "
    "タイムスタンプ 时间 时间戳 시간 stamp"
)
_OTHER: Final[str] = (
    "eyes gaze pupil thumb index middle ring pinky little finger palm foot feet toe toes heel ankle shin calf knee "
    "thigh hip leg elbow shoulder waist target object vel velocity v av acc accel acceleration angular linear speed "
    "force joystick thumbstick trigger button fwd forward up scale delta sixd origin offset hit ray direction dir "
    "tracker trackers error diff eye gazepoint"
)


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f"))


def _words(text: str) -> frozenset[str]:
    return frozenset(_without_accents(word.lower()) for word in text.split())


HEAD, LEFT, RIGHT, NEUTRAL = _words(_HEAD), _words(_LEFT), _words(_RIGHT), _words(_NEUTRAL)
POSITION, ROTATION, EULER = _words(_POSITION), _words(_ROTATION), _words(_EULER)
TIME, OTHER = _words(_TIME), _words(_OTHER)
AXES: Final[dict[str, str]] = {
    "x": "x",
    "y": "y",
    "z": "z",
    "w": "w",
    "i": "x",
    "j": "y",
    "k": "z",
    "real": "w",
    "pitch": "pitch",
    "yaw": "yaw",
    "roll": "roll",
    "heading": "yaw",
}
"""Words of components; i, j and k only count beside a rotation's word."""
_KNOWN: Final[frozenset[str]] = HEAD | LEFT | RIGHT | NEUTRAL | POSITION | ROTATION | EULER | TIME
_CORRECTABLE: Final[frozenset[str]] = frozenset(word for word in _KNOWN if len(word) > 2 and word.isascii())


def split_words(name: str) -> list[str]:
    """Return the words of a column's name: at capitals, digits and separators, without accents, in lower case.

    Scripts without spaces are cut at the words that are known.
    """
    words: list[str] = []
    for word in _WORD.findall(_without_accents(name)):
        words += [word.lower()] if word.isascii() or word.lower() in _KNOWN else _known_parts(word.lower())
    return words


def _known_parts(run: str) -> list[str]:
    parts: list[str] = []
    start = 0
    while start < len(run):
        length = next((n for n in range(len(run) - start, 0, -1) if run[start : start + n] in _KNOWN), 0)
        parts.append(run[start : start + length] if length else run[start:])
        start = start + length if length else len(run)
    return parts


def corrected(word: str) -> str:
    """Return the known word that a mistyped one means: one letter too many, too few, wrong or exchanged."""
    if len(word) < 4 or not word.isascii() or word in _CORRECTABLE | OTHER:
        return word
    near = [known for known in _CORRECTABLE if _one_slip(word, known)]
    return min(near, key=lambda known: (-len(known), known)) if near else word


def _one_slip(word: str, known: str) -> bool:
    if abs(len(word) - len(known)) > 1:
        return False
    if len(word) == len(known):
        wrong = [i for i in range(len(word)) if word[i] != known[i]]
        if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
            return word[wrong[0]] == known[wrong[1]] and word[wrong[1]] == known[wrong[0]]
        return len(wrong) == 1 and len(known) > 3
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    return len(shorter) > 2 and any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
