// A convolution to touch: nine numbers, a window that slides, nine products and their sum.
"use strict";

(() => {
  const PRESETS = {
    "upright edges": [-1, 0, 1, -1, 0, 1, -1, 0, 1],
    "level edges": [-1, -1, -1, 0, 0, 0, 1, 1, 1],
    "any edge": [-1, -1, -1, -1, 8, -1, -1, -1, -1],
    "blur": Array(9).fill(0.111),
    "as it is": [0, 0, 0, 0, 1, 0, 0, 0, 0],
  };
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const BELOW = [0, 114, 178], ABOVE = [213, 94, 0], ZOOM = 12;
  const box = document.getElementById("playground"), find = name => box.querySelector(`.live-${name}`);
  const pixels = box.dataset.pixels.match(/../g).map(digits => parseInt(digits, 16) / 255);
  const side = Math.sqrt(pixels.length), out = side - 2;
  const [picture, result] = box.querySelectorAll("canvas");
  const at = { x: 1, y: 9 };

  const shown = number => String(Number(number.toFixed(2))).replace("-", "\u2212");
  const inputs = () => [...find("weights").children];
  const weights = () => inputs().map(input => Number(input.value) || 0);
  const inWindow = (x, y) => Array.from({ length: 9 }, (_, k) => pixels[(y + Math.floor(k / 3)) * side + x + (k % 3)]);
  const sum = numbers => numbers.reduce((a, b) => a + b, 0);
  const convolved = (x, y, kernel) => sum(inWindow(x, y).map((pixel, k) => pixel * kernel[k]));

  function paint(canvas, wide, colorAt) {
    canvas.width = canvas.height = wide * ZOOM;
    const context = canvas.getContext("2d");
    for (let i = 0; i < wide * wide; i++) {
      context.fillStyle = `rgb(${colorAt(i).join()})`;
      context.fillRect((i % wide) * ZOOM, Math.floor(i / wide) * ZOOM, ZOOM, ZOOM);
    }
  }

  function frame(canvas, x, y, wide) {
    const context = canvas.getContext("2d");
    for (const [color, line] of [["#fff", 5], ["#000", 2]]) {
      Object.assign(context, { strokeStyle: color, lineWidth: line });
      context.strokeRect(x * ZOOM, y * ZOOM, wide * ZOOM, wide * ZOOM);
    }
  }

  function show() {
    const kernel = weights(), here = inWindow(at.x, at.y);
    const products = here.map((pixel, k) => pixel * kernel[k]);
    const made = Array.from({ length: out * out }, (_, i) => convolved(i % out, Math.floor(i / out), kernel));
    const most = Math.max(...made.map(Math.abs), 1e-6);
    paint(picture, side, i => Array(3).fill(Math.round(255 * pixels[i])));
    paint(result, out, i => (made[i] < 0 ? BELOW : ABOVE).map(
      full => Math.round(255 + (full - 255) * Math.abs(made[i]) / most)));
    frame(picture, at.x, at.y, 3);
    frame(result, at.x, at.y, 1);
    find("window").replaceChildren(...here.map(cell));
    find("products").replaceChildren(...products.map(cell));
    find("sum").textContent = `Window in row ${at.y + 1}, column ${at.x + 1}: ` +
      `the nine products add up to ${shown(sum(products))}.`;
  }

  function cell(number) {
    const made = document.createElement("span");
    made.textContent = shown(number);
    return made;
  }

  function move(x, y) {
    at.x = Math.min(Math.max(x, 0), out - 1);
    at.y = Math.min(Math.max(y, 0), out - 1);
    show();
  }

  function point(event) {
    const { left, top, width } = picture.getBoundingClientRect(), scale = side / width;
    move(Math.floor((event.clientX - left) * scale) - 1, Math.floor((event.clientY - top) * scale) - 1);
  }

  function choose(kernel) {
    inputs().forEach((input, k) => { input.value = kernel[k]; });
    show();
  }

  find("weights").replaceChildren(...Array.from({ length: 9 }, (_, k) => {
    const input = Object.assign(document.createElement("input"), { type: "number", step: "any", oninput: show });
    input.setAttribute("aria-label", `Number in row ${Math.floor(k / 3) + 1}, column ${(k % 3) + 1}`);
    return input;
  }));
  find("presets").replaceChildren(...Object.entries(PRESETS).map(([name, kernel]) =>
    Object.assign(document.createElement("button"), { type: "button", textContent: name, onclick: () => choose(kernel) })));
  picture.onpointerdown = event => {
    picture.setPointerCapture(event.pointerId);
    point(event);
  };
  picture.onpointermove = event => { if (picture.hasPointerCapture(event.pointerId)) point(event); };
  picture.onkeydown = event => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    move(at.x + step[0], at.y + step[1]);
  };
  choose(PRESETS["upright edges"]);
})();
