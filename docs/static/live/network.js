// A trained network that answers in the browser: its layers, how far an image is from the training
// images, and which places speak for the answer, as bloodcell_tut.inference has them.
"use strict";

bloodcells.answers = () => {
  // --- numbers in the file: float16 for what is many, float32 for what is few -----------------

  function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, rest = bits & 1023;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + rest / 1024) : 2 ** -14 * (rest / 1024));
  }

  function load(file) {
    const text = atob(file.numbers), bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    const view = new DataView(bytes.buffer), halves = new Float32Array(65536);
    halves.forEach((_, bits) => { halves[bits] = half(bits); });
    const read = ({ at, length, bits }) => Float64Array.from({ length }, (_, i) =>
      bits === 16 ? halves[view.getUint16(at + 2 * i, true)] : view.getFloat32(at + 4 * i, true));
    const opened = layer => Object.fromEntries(Object.entries(layer).map(([key, value]) =>
      [key, value?.bits ? read(value) : value]));
    return { ...file, numbers: null, layers: file.layers.map(opened), detector: opened(file.detector) };
  }

  // --- layers: each takes maps {width, height, channels, values}, channels last ---------------

  const maps = (width, height, channels) =>
    ({ width, height, channels, values: new Float64Array(width * height * channels) });

  function convolve({ width, height, channels, values }, { kernel, filters }) {
    const made = maps(width, height, filters), sums = made.values;
    for (let y = 0, to = 0; y < height; y++) {
      for (let x = 0; x < width; x++, to += filters) {
        for (let dy = -1; dy <= 1; dy++) {
          if (y + dy < 0 || y + dy >= height) continue;
          for (let dx = -1; dx <= 1; dx++) {
            if (x + dx < 0 || x + dx >= width) continue;
            const from = ((y + dy) * width + x + dx) * channels;
            let at = (3 * (dy + 1) + dx + 1) * channels * filters;
            for (let c = 0; c < channels; c++, at += filters) {
              const value = values[from + c];
              if (value === 0) continue;
              // four at a time is a third faster; each number of filters is a multiple of 4
              for (let f = 0; f < filters; f += 4) {
                sums[to + f] += value * kernel[at + f];
                sums[to + f + 1] += value * kernel[at + f + 1];
                sums[to + f + 2] += value * kernel[at + f + 2];
                sums[to + f + 3] += value * kernel[at + f + 3];
              }
            }
          }
        }
      }
    }
    return made;
  }

  function pool({ width, height, channels, values }) {
    const made = maps(width >> 1, height >> 1, channels);
    made.values.fill(-Infinity);
    for (let y = 0; y < 2 * made.height; y++) {
      for (let x = 0; x < 2 * made.width; x++) {
        const from = (y * width + x) * channels, to = ((y >> 1) * made.width + (x >> 1)) * channels;
        for (let c = 0; c < channels; c++) {
          made.values[to + c] = Math.max(made.values[to + c], values[from + c]);
        }
      }
    }
    return made;
  }

  function normalize(taken, { gamma, beta, mean, variance, epsilon }) {
    const scale = gamma.map((g, c) => g / Math.sqrt(variance[c] + epsilon));
    const { channels } = taken;
    return { ...taken, values: taken.values.map((v, i) => (v - mean[i % channels]) * scale[i % channels] + beta[i % channels]) };
  }

  const relu = taken => ({ ...taken, values: taken.values.map(v => Math.max(v, 0)) });

  function means({ channels, values }) {
    const sums = new Float64Array(channels);
    values.forEach((value, i) => { sums[i % channels] += value; });
    return sums.map(sum => sum * channels / values.length);
  }

  function spreads(taken) {
    const middles = means(taken), { channels } = taken;
    const squares = Float64Array.from(taken.values, (v, i) => (v - middles[i % channels]) ** 2);
    return means({ channels, values: squares }).map(Math.sqrt);
  }

  const KINDS = { convolve, pool, normalize, relu };

  // --- answers --------------------------------------------------------------------------------

  function run(network, image, down, across) {
    const { width, height, pixels } = image, scale = Math.fround(network.scale);
    let current = maps(width, height, 3);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = 3 * ((down ? height - 1 - y : y) * width + (across ? width - 1 - x : x));
        for (let c = 0; c < 3; c++) current.values[3 * (y * width + x) + c] = pixels[from + c] * scale;
      }
    }
    const pools = [], shown = [];
    for (const layer of network.layers.slice(0, -1)) {
      current = KINDS[layer.kind](current, layer);
      if (layer.kind === "pool") pools.push(current);
      if (layer.kind === "relu") shown.push(current);
    }
    const { kernel, bias } = network.layers.at(-1), features = means(current);
    const logits = Array.from(bias, (sum, k) =>
      features.reduce((total, value, c) => total + value * kernel[c * bias.length + k], sum));
    return { shown, features, pools, probabilities: softmax(logits) };
  }

  function softmax(logits) {
    const powers = logits.map(logit => Math.exp(logit - Math.max(...logits)));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map(power => power / sum);
  }

  // how unlike the training images an image is; above 1 is too far
  function distance({ detector }, { features, pools }) {
    const all = [features, ...pools.map(means), ...pools.map(spreads)].flatMap(part => [...part]);
    const apart = all.map((value, i) => value - detector.mean[i]), n = apart.length;
    let sum = 0, at = 0;
    for (let i = 0; i < n; i++) {
      for (let j = i; j < n; j++) sum += (i === j ? 1 : 2) * apart[i] * apart[j] * detector.precision[at++];
    }
    return Math.sqrt(Math.max(sum, 0)) / detector.limit;
  }

  // what each place adds to a class's logit
  function activationMap({ layers }, { shown }, label) {
    const { width, height, channels, values } = shown.at(-1), { kernel, bias } = layers.at(-1);
    return {
      width, height, values: Float64Array.from({ length: width * height }, (_, i) => {
        let sum = 0;
        for (let c = 0; c < channels; c++) sum += values[i * channels + c] * kernel[c * bias.length + label];
        return sum;
      }),
    };
  }

  // an image is asked about as it is and flipped, as the network was trained; the answer is the mean
  function ask(network, image) {
    const views = [[false, false], [false, true], [true, false], [true, true]].map(
      flips => run(network, image, ...flips));
    const probabilities = network.classes.map((_, k) =>
      views.reduce((sum, view) => sum + view.probabilities[k], 0) / views.length);
    const label = probabilities.indexOf(Math.max(...probabilities));
    return {
      probabilities, label, score: distance(network, views[0]), shown: views[0].shown,
      heat: activationMap(network, views[0], label),
    };
  }

  Object.assign(bloodcells, { load, ask });
};
