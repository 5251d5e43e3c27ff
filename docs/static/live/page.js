// The box in which the network answers. Its parts are loaded when the box comes into sight.
"use strict";

(() => {
  const PARTS = ["cells.js", "finder.js", "network.js", "network_file.js"];
  const MOST_PIXELS = 16e6, MAPS = 8;
  const VIRIDIS = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
  const here = document.currentScript.src, box = document.getElementById("live");
  const part = name => box.querySelector(`.live-${name}`);
  globalThis.bloodcells ??= {};
  let network, asked = 0;

  function loadScript(name) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(name, here);
      script.onload = resolve;
      script.onerror = () => reject(new Error(name));
      document.head.append(script);
    });
  }

  function make(tag, options = {}, ...inside) {
    const { data, ...properties } = options, made = Object.assign(document.createElement(tag), properties);
    Object.assign(made.dataset, data);
    made.append(...inside);
    return made;
  }

  // --- a thread of its own computes, so that the page stays awake -----------------------------

  function compute() {
    let network;
    const jobs = {
      load(file) {
        network = bloodcells.load(file);
        return { classes: network.classes, size: network.size };
      },
      find: canvas => bloodcells.findCells(bloodcells.fromCanvas(canvas), network.size),
      ask: image => bloodcells.ask(network, image),
    };
    onmessage = ({ data: [job, given] }) => postMessage(jobs[job](given));
  }

  function startThread() {
    const parts = [bloodcells.finder, bloodcells.answers, compute].map(part => `(${part})();`);
    const source = new Blob(["globalThis.bloodcells = {};\n", ...parts], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(source)), waiting = [];
    worker.onmessage = ({ data }) => waiting.shift()(data);
    worker.onerror = () => say("Something went wrong while I looked. Load the page again.");
    bloodcells.call = (job, given) => new Promise(resolve => {
      waiting.push(resolve);
      worker.postMessage([job, given]);
    });
  }

  // --- words ----------------------------------------------------------------------------------

  const named = name => `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name.toLowerCase()}`;
  const percent = share => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)}\u00a0%`;

  function sentence(answer, truth) {
    if (answer.score > 1) {
      return "I don't know. This cell is unlike anything I was trained on: it lies " +
        `${answer.score.toFixed(1)} times as far from my training pictures as I trust myself.`;
    }
    const name = network.classes[answer.label], share = percent(answer.probabilities[answer.label]);
    const said = `I say: ${named(name)}, with ${share}.`;
    if (!network.classes.includes(truth)) return said;
    return `${said} ${truth === name ? "That is what was drawn." : `That is wrong: ${named(truth)} was drawn.`}`;
  }

  function say(text) {
    part("said").textContent = text;
  }

  function clear() {
    for (const name of ["pictures", "more", "bars"]) part(name).replaceChildren();
    part("layers").hidden = true;
  }

  // --- pictures -------------------------------------------------------------------------------

  async function pixelsOf(blob) {
    const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (bitmap.width * bitmap.height)));
    const width = Math.max(1, Math.round(bitmap.width * scale));
    const height = Math.max(1, Math.round(bitmap.height * scale));
    const canvas = make("canvas", { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    return { width, height, data, canvas };
  }

  // a canvas from a color for each place
  function painted(width, height, colorAt) {
    const canvas = make("canvas", { width, height }), context = canvas.getContext("2d");
    const made = context.createImageData(width, height);
    for (let i = 0; i < width * height; i++) made.data.set(colorAt(i), 4 * i);
    context.putImageData(made, 0, 0);
    return canvas;
  }

  const cutOut = ({ width, height, pixels }) =>
    painted(width, height, i => [...pixels.subarray(3 * i, 3 * i + 3), 255]);

  function onViridis(share) {
    const place = share * (VIRIDIS.length - 1), i = Math.min(Math.floor(place), VIRIDIS.length - 2);
    return VIRIDIS[i].map((low, c) => low + (place - i) * (VIRIDIS[i + 1][c] - low));
  }

  // what speaks for the answer, the more the brighter and denser
  function explained(image, { width, height, values }) {
    const canvas = cutOut(image), most = Math.max(...values, 1e-12);
    const heat = painted(width, height, i => {
      const share = Math.max(values[i], 0) / most;
      return [...onViridis(share), 0.8 * 255 * share];
    });
    canvas.getContext("2d").drawImage(heat, 0, 0, canvas.width, canvas.height);
    return canvas;
  }

  function withBoxes(picture, cells, chosen) {
    const { width, height } = picture, canvas = make("canvas", { width, height });
    const context = canvas.getContext("2d"), line = Math.max(width, height) / 110;
    context.drawImage(picture.canvas, 0, 0);
    for (const cell of cells) {
      const { x, y, side } = cell.square, inside = [x, y, side, side];
      context.setLineDash(cell === chosen ? [] : [2 * line, 2 * line]);
      for (const [color, wide] of [["#fff", 2 * line], ["#000", line]]) {
        Object.assign(context, { strokeStyle: color, lineWidth: wide });
        context.strokeRect(...inside);
      }
    }
    return canvas;
  }

  function figure(canvas, words) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", words);
    return make("figure", {}, canvas, make("figcaption", {}, words));
  }

  // --- the answer -----------------------------------------------------------------------------

  async function show(picture, cells, chosen, truth) {
    const mine = ++asked, answer = await bloodcells.call("ask", chosen.image);
    if (mine !== asked) return;
    const { label, probabilities, score } = answer;
    const name = network.classes[label].toLowerCase();
    say(sentence(answer, cells.length === 1 ? truth : undefined));
    part("pictures").replaceChildren(
      figure(withBoxes(picture, cells, chosen), "The picture, and what is cut out"),
      figure(cutOut(chosen.image), `What I see: ${network.size} × ${network.size} pixels`),
      figure(explained(chosen.image, answer.heat), `Bright: what speaks for ${name}`),
    );
    part("bars").replaceChildren(...probabilities.map((share, k) => bar(network.classes[k], share, k === label)));
    part("bars").classList.toggle("live-unsure", score > 1);
    part("layers").hidden = false;
    part("layers").lastElementChild.replaceChildren(...answer.shown.map(layer));
    const others = cells.length > 1 ? cells : [];
    part("more").replaceChildren(...others.map((cell, i) => make("button", {
      type: "button", ariaPressed: cell === chosen, onclick: () => show(picture, cells, cell, truth),
    }, `Cell ${i + 1}`)));
  }

  function bar(name, share, first) {
    const filled = make("span", { className: "live-fill" });
    filled.style.width = `${100 * share}%`;
    return make("li", { className: first ? "live-first" : "" },
      make("span", {}, name.toLowerCase()), make("span", { className: "live-bar", ariaHidden: true }, filled),
      make("span", {}, percent(share)));
  }

  function layer({ width, height, channels, values }, number) {
    const sums = new Float64Array(channels);
    values.forEach((value, i) => { sums[i % channels] += value; });
    const brightest = [...sums.keys()].sort((a, b) => sums[b] - sums[a]).slice(0, MAPS);
    const pictures = brightest.map(c => {
      const at = i => values[i * channels + c], places = Array.from({ length: width * height }, (_, i) => at(i));
      const most = Math.max(...places, 1e-12);
      const canvas = painted(width, height, i => [...onViridis(at(i) / most), 255]);
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `Map ${c + 1} of layer ${number + 1}`);
      return canvas;
    });
    const words = `Layer ${number + 1}: ${channels} maps of ${width} × ${height} numbers; ` +
      `the ${MAPS} that answer most`;
    return make("figure", {}, make("figcaption", {}, words), make("div", { className: "live-maps" }, ...pictures));
  }

  async function answer(blob, truth) {
    const mine = ++asked;
    let picture;
    try {
      picture = await pixelsOf(blob);
    } catch {
      if (mine !== asked) return;
      clear();
      say("This is not a picture that your browser can open. Try a PNG or JPEG file.");
      return;
    }
    const { width, height, data } = picture;
    const cells = await bloodcells.call("find", { width, height, data });
    if (mine !== asked) return;
    if (cells.length) return show(picture, cells, cells[0], truth);
    clear();
    say("I find no white cell here: nothing stands out in blue as a stained nucleus does.");
    part("pictures").append(figure(withBoxes(picture, []), "The picture"));
  }

  // --- what can be clicked, chosen and dropped ------------------------------------------------

  async function answerDrawn(cell, button) {
    for (const other of part("cells").children) other.ariaPressed = other === button;
    await answer(await (await fetch(cell.picture)).blob(), cell.name);
  }

  function answerFile(file) {
    if (!file) return;
    for (const other of part("cells").children) other.ariaPressed = false;
    return answer(file);
  }

  function offerCells() {
    part("cells").replaceChildren(...bloodcells.cells.map(cell => {
      const button = make("button", { type: "button", ariaPressed: false },
        make("img", { src: cell.picture, alt: cell.alt, width: 320, height: 240 }));
      button.onclick = () => answerDrawn(cell, button);
      return button;
    }));
  }

  function takeFiles() {
    const drop = part("drop"), input = drop.querySelector("input");
    input.onchange = () => answerFile(input.files[0]);
    box.ondragover = event => {
      event.preventDefault();
      drop.classList.add("live-over");
    };
    box.ondragleave = () => drop.classList.remove("live-over");
    box.ondrop = event => {
      event.preventDefault();
      drop.classList.remove("live-over");
      answerFile(event.dataTransfer.files[0]);
    };
  }

  async function start() {
    try {
      for (const name of PARTS) {
        await loadScript(name);
        if (name === "cells.js") offerCells();
      }
    } catch (error) {
      say(`A part of the network is missing: ${error.message}. Load the page again.`);
      return;
    }
    startThread();
    network = await bloodcells.call("load", bloodcells.file);
    takeFiles();
    if (!asked) await answerDrawn(bloodcells.cells[0], part("cells").firstElementChild);
  }

  bloodcells.pixelsOf = pixelsOf;
  part("layers").hidden = true;
  new IntersectionObserver(([entry], observer) => {
    if (!entry.isIntersecting) return;
    observer.disconnect();
    start();
  }, { rootMargin: "400px" }).observe(box);
})();
