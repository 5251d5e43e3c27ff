// A figure with knobs: on its picture lies the frame that was drawn for where they stand.
for (const figure of document.querySelectorAll("figure.frames")) {
  const { place, alt } = figure.dataset;
  const knobs = [...figure.querySelectorAll("input, select")];
  const stops = (knob) => (knob.list ?? knob).options;
  const address = (number) => `${place}${String(number).padStart(2, "0")}.webp`;
  const pictures = [...figure.querySelectorAll("img")];
  const frames = pictures.map((picture) => {
    const frame = picture.cloneNode();
    frame.removeAttribute("src");
    Object.assign(frame, { alt: "", loading: "eager", decoding: "sync", hidden: true });
    picture.after(frame);
    return frame;
  });

  const show = () => {
    let number = 0;
    let words = alt;
    for (const knob of knobs) {
      const text = stops(knob)[knob.value].label;
      number = number * stops(knob).length + Number(knob.value);
      words = words.replaceAll(`{${knob.name}}`, text);
      if (!knob.list) continue;
      knob.setAttribute("aria-valuetext", text);
      knob.nextElementSibling.value = text;
    }
    for (const picture of pictures) picture.alt = words;
    for (const frame of frames) Object.assign(frame, { src: address(number), hidden: false });
  };

  // all at once when a hand comes near, so that none is waited for
  const load = () => {
    const count = knobs.reduce((product, knob) => product * stops(knob).length, 1);
    for (let number = 0; number < count; number++) new Image().src = address(number);
  };

  figure.addEventListener("input", show);
  for (const near of ["pointerenter", "focusin"]) figure.addEventListener(near, load, { once: true });
}
