// SPDX-License-Identifier: Apache-2.0
/** Print the text of the QR code in a picture: node read_qr.js PICTURE.png [LEFT TOP WIDTH HEIGHT] */

import { readFileSync } from 'node:fs';
import jsQR from 'jsqr';
import { PNG } from 'pngjs';

const [path, ...part] = process.argv.slice(2);
const picture = PNG.sync.read(readFileSync(path));
const [left, top, width, height] = part.length ? part.map(Number) : [0, 0, picture.width, picture.height];
const shown = new PNG({ width, height });
PNG.bitblt(picture, shown, left, top, width, height, 0, 0);
const read = (jsQR.default || jsQR)(new Uint8ClampedArray(shown.data), width, height);
if (!read) {
  process.stderr.write('There is no QR code in the picture.\n');
  process.exit(1);
}
process.stdout.write(read.data);
