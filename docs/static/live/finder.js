// Where the white cells of a picture are, and the square that the network gets: the same numbers as
// bloodcell_tut.finder and bloodcell_tut.images, with OpenCV's own rounding. A picture is
// {width, height, channels, pixels}, its pixels from 0 to 255, red first.
"use strict";

bloodcells.finder = () => {
  const SIDE = 160, NUCLEUS_CONTRAST = 30, NUCLEUS_AREA = 60, REACH = 12, RIM = 3;
  const FIELD = 320, GRAIN = 0.175, WIDER_VIEW = 1.6, MOST_FIELDS = 8, LARGE_NUCLEUS = 330, SURE = 0.75;
  const CROP_SHARE = 0.3, MAX_SIDE = 4096;

  const picture = (width, height, channels) =>
    ({ width, height, channels, pixels: new Uint8ClampedArray(width * height * channels) });

  // a canvas has a fourth channel, its opacity
  function fromCanvas({ width, height, data }) {
    const made = picture(width, height, 3);
    for (let from = 0, to = 0; from < data.length; from += 4) {
      for (let c = 0; c < 3; c++) made.pixels[to++] = data[from + c];
    }
    return made;
  }

  const longer = image => Math.max(image.width, image.height);

  // as Python and OpenCV round: halves to the even number
  function round(value) {
    const floor = Math.floor(value);
    if (value - floor !== 0.5) return Math.round(value);
    return floor % 2 ? floor + 1 : floor;
  }

  // --- resizing -----------------------------------------------------------------------------

  function resize(image, width, height) {
    const across = 1 / (width / image.width), down = 1 / (height / image.height);
    if (across === 1 && down === 1) return image;
    if (across < 1 || down < 1) return interpolate(image, width, height, true);
    const whole = [across, down].every(scale => Math.abs(scale - Math.round(scale)) < 1e-15);
    return whole ? blocks(image, width, height) : average(image, width, height);
  }

  const resizeToSquare = (image, size) =>
    size <= Math.min(image.width, image.height)
      ? resize(image, size, size)
      : interpolate(image, size, size, false);

  // the mean of blocks of whole pixels
  function blocks(image, width, height) {
    const { channels } = image, made = picture(width, height, channels);
    const across = Math.round(image.width / width), down = Math.round(image.height / height);
    const share = Math.fround(1 / (across * down)), four = across === 2 && down === 2;
    let at = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) {
          let sum = 0;
          for (let j = 0; j < down; j++) {
            let from = ((y * down + j) * image.width + x * across) * channels + c;
            for (let i = 0; i < across; i++, from += channels) sum += image.pixels[from];
          }
          made.pixels[at++] = four ? (sum + 2) >> 2 : round(Math.fround(sum * share));
        }
      }
    }
    return made;
  }

  // which pixels each new one covers, and by how much
  function coverage(length, wanted) {
    const scale = 1 / (wanted / length), parts = [];
    for (let to = 0; to < wanted; to++) {
      const begin = to * scale, end = begin + scale, cell = Math.min(scale, length - begin);
      const last = Math.min(Math.floor(end), length - 1), first = Math.min(Math.ceil(begin), last);
      const add = (from, share) => parts.push({ to, from, share: Math.fround(share) });
      if (first - begin > 1e-3) add(first - 1, (first - begin) / cell);
      for (let from = first; from < last; from++) add(from, 1 / cell);
      if (end - last > 1e-3) add(last, Math.min(end - last, 1, cell) / cell);
    }
    return parts;
  }

  // the mean of parts of pixels, in single precision as OpenCV adds it up
  function average(image, width, height) {
    const { channels } = image, made = picture(width, height, channels);
    const columns = coverage(image.width, width), long = width * channels;
    const row = new Float32Array(long), sums = new Float32Array(long);
    let current = 0;
    const keep = () => sums.forEach((sum, i) => { made.pixels[current * long + i] = round(sum); });
    for (const { to, from, share } of coverage(image.height, height)) {
      row.fill(0);
      for (const column of columns) {
        for (let c = 0; c < channels; c++) {
          const pixel = image.pixels[(from * image.width + column.from) * channels + c];
          row[column.to * channels + c] += Math.fround(pixel * column.share);
        }
      }
      if (to !== current) {
        keep();
        sums.fill(0);
        current = to;
      }
      for (let i = 0; i < long; i++) sums[i] += Math.fround(share * row[i]);
    }
    keep();
    return made;
  }

  // the two pixels that each new one lies between, with weights in 2048ths
  function neighbors(length, wanted, area) {
    const inverse = wanted / length, scale = 1 / inverse;
    return Array.from({ length: wanted }, (_, to) => {
      let from, part;
      if (area) {
        from = Math.floor(to * scale);
        part = Math.fround(to + 1 - (from + 1) * inverse);
        part = part <= 0 ? 0 : part - Math.floor(part);
      } else {
        const place = Math.fround((to + 0.5) * scale - 0.5);
        from = Math.floor(place);
        part = Math.fround(place - from);
      }
      const weights = [round(Math.fround(1 - part) * 2048), round(part * 2048)];
      return { from: [from, from + 1].map(i => Math.min(Math.max(i, 0), length - 1)), weights };
    });
  }

  function interpolate(image, width, height, area) {
    const { channels } = image, made = picture(width, height, channels);
    const columns = neighbors(image.width, width, area);
    let at = 0;
    for (const down of neighbors(image.height, height, area)) {
      for (const across of columns) {
        for (let c = 0; c < channels; c++) {
          const [above, below] = down.from.map(y => {
            const [a, b] = across.from.map(x => image.pixels[(y * image.width + x) * channels + c]);
            return (a * across.weights[0] + b * across.weights[1]) >> 4;
          });
          const parts = ((above * down.weights[0]) >> 16) + ((below * down.weights[1]) >> 16);
          made.pixels[at++] = (parts + 2) >> 2;
        }
      }
    }
    return made;
  }

  // --- blurring -----------------------------------------------------------------------------

  // beyond the edge a picture is mirrored, without its last pixel
  function mirrored(at, length) {
    if (length === 1) return 0;
    while (at < 0 || at >= length) at = at < 0 ? -at : 2 * length - 2 - at;
    return at;
  }

  function blur(values, width, height, kernel) {
    const half = kernel.length >> 1, rows = new Float64Array(values.length);
    const made = new Float64Array(values.length);
    const columnAt = Array.from({ length: width + 2 * half }, (_, i) => mirrored(i - half, width));
    const rowAt = Array.from({ length: height + 2 * half }, (_, i) => mirrored(i - half, height));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < kernel.length; k++) sum += kernel[k] * values[y * width + columnAt[x + k]];
        rows[y * width + x] = sum;
      }
    }
    for (let y = 0; y < height; y++) {
      for (let k = 0; k < kernel.length; k++) {
        const from = rowAt[y + k] * width, weight = kernel[k];
        for (let x = 0; x < width; x++) made[y * width + x] += weight * rows[from + x];
      }
    }
    return made;
  }

  function gaussian(sigma) {
    const half = round(sigma * 8 + 1) >> 1;
    const values = Array.from({ length: 2 * half + 1 }, (_, i) =>
      Math.exp(-((i - half) ** 2) / (2 * sigma * sigma)));
    const sum = values.reduce((a, b) => a + b);
    return values.map(value => Math.fround(value / sum));
  }

  // --- the stain ----------------------------------------------------------------------------

  function otsu(values) {
    const counts = new Float64Array(256), scale = 1 / values.length;
    for (const value of values) counts[value]++;
    let mean = 0, below = 0, share = 0, best = 0, threshold = 0;
    counts.forEach((count, i) => { mean += i * count; });
    mean *= scale;
    for (let i = 0; i < 256; i++) {
      const part = counts[i] * scale;
      below *= share;
      share += part;
      const rest = 1 - share, least = 2 ** -23;
      if (Math.min(share, rest) < least || Math.max(share, rest) > 1 - least) continue;
      below = (below + i * part) / share;
      const above = (mean - share * below) / rest, apart = share * rest * (below - above) ** 2;
      if (apart > best) [best, threshold] = [apart, i];
    }
    return threshold;
  }

  function stainMask(image, side) {
    const scale = side / longer(image);
    const [width, height] = [image.width, image.height].map(n => Math.max(1, round(n * scale)));
    const small = resize(image, width, height), bluer = new Float64Array(width * height);
    for (let i = 0; i < bluer.length; i++) {
      const red = small.pixels[3 * i], green = small.pixels[3 * i + 1], blue = small.pixels[3 * i + 2];
      bluer[i] = Math.max(0, round(blue - 0.25 * red - 0.75 * green));
    }
    const blurred = blur(bluer, width, height, [1, 4, 6, 4, 1]);
    const blueness = Uint8Array.from(blurred, value => (value + 128) >> 8);
    const threshold = otsu(blueness);
    return { width, height, scale, threshold, blueness, mask: blueness.map(v => v > threshold ? 1 : 0) };
  }

  // pixels that touch, corners too; numbered in OpenCV's order, by their first block of 2 x 2
  function components(mask, width, height) {
    const number = new Int32Array(mask.length).fill(-1), found = [];
    for (let start = 0; start < mask.length; start++) {
      if (!mask[start] || number[start] >= 0) continue;
      const places = [start], block = i =>
        (Math.floor(i / width) >> 1) * width + ((i % width) >> 1);
      let first = block(start), [left, top, right, bottom] = [width, height, 0, 0];
      number[start] = found.length;
      for (let next = 0; next < places.length; next++) {
        const i = places[next], x = i % width, y = (i - x) / width;
        first = Math.min(first, block(i));
        [left, right, top, bottom] =
          [Math.min(left, x), Math.max(right, x + 1), Math.min(top, y), Math.max(bottom, y + 1)];
        for (let b = Math.max(y - 1, 0); b <= Math.min(y + 1, height - 1); b++) {
          for (let a = Math.max(x - 1, 0); a <= Math.min(x + 1, width - 1); a++) {
            const j = b * width + a;
            if (!mask[j] || number[j] >= 0) continue;
            number[j] = found.length;
            places.push(j);
          }
        }
      }
      found.push({ places, first, left, top, right, bottom });
    }
    return found.sort((a, b) => a.first - b.first);
  }

  const largestFirst = found => [...found].sort((a, b) => b.places.length - a.places.length);

  // --- cells --------------------------------------------------------------------------------

  function confidence(nucleus, stain) {
    let outside = 0, pixels = 0, inside = 0;
    for (let i = 0; i < stain.mask.length; i++) {
      if (stain.mask[i]) continue;
      outside += stain.blueness[i];
      pixels++;
    }
    for (const i of nucleus.places) inside += stain.blueness[i];
    const contrast = inside / nucleus.places.length - (pixels ? outside / pixels : 0);
    return Math.min(contrast / (2 * NUCLEUS_CONTRAST), nucleus.places.length / (2 * NUCLEUS_AREA), 1);
  }

  function cellOf(nucleus, stain) {
    const sure = confidence(nucleus, stain);
    if (sure < 0.5) return null;
    const { left, top, right, bottom } = around(nucleus, stain), { scale } = stain;
    return {
      x: left / scale, y: top / scale, confidence: sure,
      width: (right - left) / scale, height: (bottom - top) / scale,
    };
  }

  // the stained component that holds the nucleus
  function around(nucleus, stain) {
    const { width, height } = stain, seed = Math.min(...nucleus.places);
    const left = Math.max(0, nucleus.left - REACH), top = Math.max(0, nucleus.top - REACH);
    const right = Math.min(width, nucleus.right + REACH), bottom = Math.min(height, nucleus.bottom + REACH);
    const near = new Uint8Array((right - left) * (bottom - top));
    for (let y = top, at = 0; y < bottom; y++) {
      for (let x = left; x < right; x++) near[at++] = stain.blueness[y * width + x] > 0.5 * stain.threshold;
    }
    const place = (Math.floor(seed / width) - top) * (right - left) + (seed % width) - left;
    const whole = components(near, right - left, bottom - top).find(c => c.places.includes(place));
    return {
      left: Math.max(0, left + whole.left - RIM), right: Math.min(width, left + whole.right + RIM),
      top: Math.max(0, top + whole.top - RIM), bottom: Math.min(height, top + whole.bottom + RIM),
    };
  }

  const middle = box => [box.x + box.width / 2, box.y + box.height / 2];

  function holds(box, other) {
    const [x, y] = middle(other);
    return box.x <= x && x <= box.x + box.width && box.y <= y && y <= box.y + box.height;
  }

  function cellsInField(image, field) {
    const stain = stainMask(image, round(SIDE * (longer(image) / field))), found = [];
    const nuclei = largestFirst(components(stain.mask, stain.width, stain.height));
    for (const nucleus of nuclei.filter(n => n.places.length >= NUCLEUS_AREA)) {
      const cell = cellOf(nucleus, stain);
      if (!cell || cell.confidence < (found.length ? SURE : 0)) continue;
      if (!found.some(other => holds(other, cell))) found.push(cell);
    }
    return found;
  }

  // --- how wide one field is ----------------------------------------------------------------

  function fieldWidth(image) {
    const long = longer(image);
    if (long < WIDER_VIEW * FIELD) return long;
    const fields = Math.min(GRAIN / grain(image), long / FIELD, MOST_FIELDS);
    if (fields < WIDER_VIEW) return long;
    const stain = stainMask(image, SIDE);
    const nuclei = components(stain.mask, stain.width, stain.height).map(c => c.places.length);
    return Math.max(0, ...nuclei) < LARGE_NUCLEUS ? long / fields : long;
  }

  // the diameter that stands out in a picture, as a share of its longer side
  function grain(image) {
    const gray = green(shrink(image, 2 * FIELD)), shares = geometric(0.004, 0.18, 20);
    const changes = shares.map(share => {
      const small = shrink(gray, 2 / share), sigma = share * longer(small);
      const [narrow, wide] = [1, 1.22].map(factor =>
        blur(small.pixels, small.width, small.height, gaussian(sigma * factor)));
      return deviation(narrow.map((value, i) => value - wide[i]));
    });
    return 2 * Math.SQRT2 * shares[changes.indexOf(Math.max(...changes))];
  }

  const geometric = (first, last, n) =>
    Array.from({ length: n }, (_, i) => first * (last / first) ** (i / (n - 1)));

  function deviation(values) {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
  }

  function shrink(image, long) {
    const scale = Math.min(1, long / longer(image));
    return resize(image, ...[image.width, image.height].map(n => Math.max(1, round(n * scale))));
  }

  function green(image) {
    const made = picture(image.width, image.height, 1);
    made.pixels.forEach((_, i) => { made.pixels[i] = image.pixels[3 * i + 1]; });
    return made;
  }

  // --- the square that is cut out -------------------------------------------------------------

  function squareAround([x, y], field) {
    const side = Math.max(1, Math.min(round(CROP_SHARE * field), MAX_SIDE));
    return { x: round(x - side / 2), y: round(y - side / 2), side };
  }

  function cutSquare(image, { x, y, side }) {
    const cut = picture(side, side, 3);
    const left = Math.max(x, 0), right = Math.min(x + side, image.width);
    for (let row = Math.max(y, 0); row < Math.min(y + side, image.height) && left < right; row++) {
      const from = (row * image.width + left) * 3, line = image.pixels.subarray(from, from + 3 * (right - left));
      cut.pixels.set(line, ((row - y) * side + left - x) * 3);
    }
    return cut;
  }

  // each white cell: its box, the square around it, and that square in the network's size
  function findCells(image, size) {
    const field = fieldWidth(image);
    return cellsInField(image, field).map(box => {
      const square = squareAround(middle(box), field);
      return { box, square, image: resizeToSquare(cutSquare(image, square), size) };
    });
  }

  Object.assign(bloodcells, { findCells, fromCanvas, resizeToSquare });
};
