// A figure with knobs: on its picture lies the frame that was drawn for where they stand.
for (const figure of document.querySelectorAll("figure.frames")) {
  const { place, alt } = figure.dataset;
  const knobs = [...figure.querySelectorAll("input, select")];
  const stops = (knob) => (knob.list ?? knob).options;
  const address = (number) => `${place}${String(number).padStart(2, "0")}.webp`;
  const picture = figure.querySelector("img");
  const frame = picture.cloneNode();
  frame.removeAttribute("src");
  Object.assign(frame, { alt: "", className: "frame", loading: "eager", decoding: "sync", hidden: true });
  picture.after(frame);

  const show = () => {
    let number = 0;
    picture.alt = alt;
    for (const knob of knobs) {
      const text = stops(knob)[knob.value].label;
      number = number * stops(knob).length + Number(knob.value);
      picture.alt = picture.alt.replaceAll(`{${knob.name}}`, text);
      if (!knob.list) continue;
      knob.setAttribute("aria-valuetext", text);
      knob.nextElementSibling.value = text;
    }
    frame.src = address(number);
    frame.hidden = false;
  };

  // all at once when a hand comes near, so that none is waited for
  const load = () => {
    const count = knobs.reduce((product, knob) => product * stops(knob).length, 1);
    for (let number = 0; number < count; number++) new Image().src = address(number);
  };

  figure.addEventListener("input", show);
  for (const near of ["pointerenter", "focusin"]) figure.addEventListener(near, load, { once: true });
}
