// SPDX-License-Identifier: Apache-2.0
/** Turn vectors by unit quaternions [x, y, z, w]. */

export function conjugate([x, y, z, w]) {
  return [-x, -y, -z, w];
}

export function rotate([x, y, z, w], [a, b, c]) {
  const [tx, ty, tz] = [2 * (y * c - z * b), 2 * (z * a - x * c), 2 * (x * b - y * a)];
  return [a + w * tx + (y * tz - z * ty), b + w * ty + (z * tx - x * tz), c + w * tz + (x * ty - y * tx)];
}

/** Return the horizontal direction in which a head with this rotation looks, as an angle about the vertical. */
export function headingOf(rotation) {
  const [x, , z] = rotate(rotation, [0, 0, -1]);
  return Math.atan2(-x, -z);
}

/** Return a vector turned about the vertical. */
export function turned(heading, [x, y, z]) {
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  return [x * cos + z * sin, y, z * cos - x * sin];
}
