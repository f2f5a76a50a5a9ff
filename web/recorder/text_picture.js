// SPDX-License-Identifier: Apache-2.0
/** Draw text into a texture, and only when it changes: handing a picture to the graphics card costs time of a frame. */

export class TextPicture {
  constructor(gl, width, height) {
    Object.assign(this, { gl, width, height, written: null });
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width, height });
    this.canvas = canvas;
    // Without this, the browser draws on the graphics card, and fetches the picture from there before it hands it back.
    this.pen = canvas.getContext('2d', { willReadFrequently: true });
    this.texture = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, name, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
  }

  /** Draw with `draw(pen)`, if `key` is not what was drawn last. */
  write(key, draw) {
    if (key === this.written) return;
    this.written = key;
    const { gl, pen } = this;
    pen.fillStyle = '#15161a';
    pen.fillRect(0, 0, this.width, this.height);
    pen.textAlign = 'center';
    draw(pen);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.canvas);
  }
}
