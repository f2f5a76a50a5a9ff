#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Run a command on a virtual screen of its own, and take the screen away afterwards: on_a_screen.sh COMMAND...
number=70
while [ -e "/tmp/.X11-unix/X$number" ] || [ -e "/tmp/.X$number-lock" ]; do number=$((number + 1)); done
Xvfb ":$number" -screen 0 1600x900x24 +extension GLX >/dev/null 2>&1 &
screen=$!
trap 'kill $screen 2>/dev/null; wait $screen 2>/dev/null' EXIT INT TERM
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ -e "/tmp/.X11-unix/X$number" ] && break
  sleep 0.5
done
DISPLAY=":$number" "$@"
