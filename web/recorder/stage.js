// SPDX-License-Identifier: Apache-2.0
/** Draw what a performer sees in the headset: a text panel, the T-pose to copy, and the last take. Plain WebGL. */

import { headingOf, turned } from './rotations.js';
import { TextPicture } from './text_picture.js';

const LINES = `
attribute vec3 place; attribute vec3 colour; uniform mat4 view; uniform mat4 projection; varying vec3 shade;
void main() { shade = colour; gl_Position = projection * view * vec4(place, 1.0); gl_PointSize = 12.0; }`;
const PLAIN = 'precision mediump float; varying vec3 shade; void main() { gl_FragColor = vec4(shade, 1.0); }';
const PICTURE = `
attribute vec3 place; attribute vec2 at; uniform mat4 view; uniform mat4 projection; varying vec2 where;
void main() { where = at; gl_Position = projection * view * vec4(place, 1.0); }`;
const TEXTURED = `precision mediump float; uniform sampler2D picture; varying vec2 where;
void main() { gl_FragColor = texture2D(picture, where); }`;

/** The panel, and the part of it with the title, which changes every second: pixels from the left and from the top. */
const WIDTH = 1024;
const HEIGHT = 512;
const TITLE = { left: 62, top: 50, width: 900, height: 130 };
const METRES_PER_PIXEL = 1.2 / WIDTH;
const PANEL_AWAY_M = 1.8;
const PANEL_UP_M = 0.15;
const FIGURE_AWAY_M = 2.6;
const BLUE = [0.35, 0.7, 1.0];
const ORANGE = [1.0, 0.6, 0.2];
const GREY = [0.45, 0.45, 0.5];

export class Stage {
  constructor(gl) {
    this.gl = gl;
    this.lines = program(gl, LINES, PLAIN, ['place', 'colour']);
    this.picture = program(gl, PICTURE, TEXTURED, ['place', 'at']);
    this.buffer = gl.createBuffer();
    this.text = new TextPicture(gl, WIDTH, HEIGHT);
    this.title = new TextPicture(gl, TITLE.width, TITLE.height);
    this.place = null;
  }

  /**
   * Draw one frame.
   * @param {XRViewerPose} viewer
   * @param {XRWebGLLayer} layer
   * @param {{title: string, text: string, bar: number, colour: string}} panel
   * @param {{tPose: boolean, playback: import('./sample.js').Sample | null, opaque: boolean}} shown
   */
  draw(viewer, layer, panel, shown) {
    const { gl } = this;
    this.follow(viewer);
    this.write(panel);
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.framebuffer);
    gl.clearColor(0.06, 0.06, 0.08, shown.opaque ? 1 : 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    const lines = [
      ...(shown.opaque ? floorLines(this.place) : []),
      ...(shown.tPose ? tPoseLines(this.place) : []),
      ...(shown.playback ? pointLines(shown.playback, this.place) : []),
    ];
    for (const view of viewer.views) {
      const port = layer.getViewport(view);
      gl.viewport(port.x, port.y, port.width, port.height);
      this.drawColoured(view, gl.LINES, lines);
      this.drawPicture(view, this.text, { left: 0, top: 0, width: WIDTH, height: HEIGHT }, 0);
      this.drawPicture(view, this.title, TITLE, 0.002);
      this.drawColoured(view, gl.TRIANGLE_STRIP, barCorners(this.place, panel));
    }
  }

  /** Keep the panel where the performer first looked, and bring it back when they have turned away. */
  follow(viewer) {
    const { position, orientation } = viewer.transform;
    const rotation = [orientation.x, orientation.y, orientation.z, orientation.w];
    const heading = headingOf(rotation);
    const away = this.place ? Math.abs(Math.atan2(Math.sin(heading - this.place.heading), Math.cos(heading - this.place.heading))) : 9;
    if (away > 1.2) this.place = { origin: [position.x, position.y, position.z], heading };
  }

  write(panel) {
    this.text.write(`${panel.colour} ${panel.text}`, (pen) => {
      pen.fillStyle = panel.colour;
      pen.fillRect(0, 0, WIDTH, 14);
      pen.fillStyle = '#ffffff';
      pen.font = '46px sans-serif';
      panel.text.split('\n').forEach((line, index) => pen.fillText(line, WIDTH / 2, 250 + 64 * index, WIDTH - 60));
    });
    this.title.write(panel.title, (pen) => {
      pen.fillStyle = '#ffffff';
      pen.font = 'bold 92px sans-serif';
      pen.fillText(panel.title, TITLE.width / 2, 100, TITLE.width - 20);
    });
  }

  drawColoured(view, kind, values) {
    if (!values.length) return;
    const { gl } = this;
    this.use(this.lines, view, values, [['place', 3], ['colour', 3]]);
    gl.drawArrays(kind, 0, values.length / 6);
  }

  drawPicture(view, picture, part, nearerM) {
    const { gl } = this;
    const values = cornersOf(this.place, part, nearerM).flatMap((corner, index) => [...corner, index % 2, index < 2 ? 1 : 0]);
    this.use(this.picture, view, values, [['place', 3], ['at', 2]]);
    gl.bindTexture(gl.TEXTURE_2D, picture.texture);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  use(used, view, values, attributes) {
    const { gl } = this;
    gl.useProgram(used.program);
    gl.uniformMatrix4fv(used.view, false, view.transform.inverse.matrix);
    gl.uniformMatrix4fv(used.projection, false, view.projectionMatrix);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(values), gl.DYNAMIC_DRAW);
    const stride = 4 * attributes.reduce((sum, [, count]) => sum + count, 0);
    let offset = 0;
    for (const [name, count] of attributes) {
      const location = used.attributes[name];
      gl.enableVertexAttribArray(location);
      gl.vertexAttribPointer(location, count, gl.FLOAT, false, stride, offset);
      offset += 4 * count;
    }
  }
}

function inFront({ origin, heading }, [x, y, z]) {
  const about = turned(heading, [x, 0, z]);
  return [origin[0] + about[0], origin[1] + y, origin[2] + about[2]];
}

/** Return the corners of a part of the panel: bottom left, bottom right, top left, top right. */
function cornersOf(place, { left, top, width, height }, nearerM) {
  const x = (pixel) => METRES_PER_PIXEL * (pixel - WIDTH / 2);
  const y = (pixel) => METRES_PER_PIXEL * (HEIGHT / 2 - pixel) + PANEL_UP_M;
  return [top + height, top].flatMap((row) => [left, left + width].map((column) =>
    inFront(place, [x(column), y(row), nearerM - PANEL_AWAY_M])));
}

/** The bar that fills while a pose is held; it changes in every frame. */
function barCorners(place, { bar, colour }) {
  if (!(bar > 0)) return [];
  const part = { left: 40, top: HEIGHT - 46, width: (WIDTH - 80) * Math.min(1, bar), height: 22 };
  const shade = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);
  return cornersOf(place, part, 0.002).flatMap((corner) => [...corner, ...shade]);
}

function segment(from, to, colour) {
  return [...from, ...colour, ...to, ...colour];
}

/** A person in a T-pose, as tall as the performer, who faces them like a mirror. */
function tPoseLines(place) {
  const height = place.origin[1];
  const at = (x, share) => inFront(place, [x * height, share * height - height, -FIGURE_AWAY_M]);
  return [
    ...segment(at(0, 0.52), at(0, 1), BLUE),
    ...segment(at(-0.48, 0.87), at(0.48, 0.87), BLUE),
    ...segment(at(0, 0.52), at(-0.09, 0), BLUE),
    ...segment(at(0, 0.52), at(0.09, 0), BLUE),
  ];
}

/** Head and hands of the last take, in front of the performer. */
function pointLines(sample, place) {
  const about = sample.head.position;
  const size = 0.12;
  const move = (position) => inFront(place, [position[0] - about[0], position[1] - place.origin[1], position[2] - about[2] - FIGURE_AWAY_M]);
  return [sample.head, sample.left, sample.right].filter(Boolean).flatMap((pose, index) =>
    [0, 1, 2].flatMap((axis) => {
      const arm = [0, 0, 0].map((_, each) => (each === axis ? size : 0));
      const [from, to] = [-1, 1].map((sign) => move(pose.position.map((value, each) => value + sign * arm[each])));
      return segment(from, to, index ? ORANGE : BLUE);
    }),
  );
}

function floorLines(place) {
  const found = [];
  for (let step = -3; step <= 3; step += 1) {
    found.push(...segment(inFront(place, [step, -place.origin[1], -3]), inFront(place, [step, -place.origin[1], 3]), GREY));
    found.push(...segment(inFront(place, [-3, -place.origin[1], step]), inFront(place, [3, -place.origin[1], step]), GREY));
  }
  return found;
}

/** Return a program with the places of what it is given: asking for them in each frame would take time. */
function program(gl, vertex, fragment, attributes) {
  const made = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(made, shader);
  }
  gl.linkProgram(made);
  return {
    program: made,
    view: gl.getUniformLocation(made, 'view'),
    projection: gl.getUniformLocation(made, 'projection'),
    attributes: Object.fromEntries(attributes.map((name) => [name, gl.getAttribLocation(made, name)])),
  };
}
