// The search of this site: PLACES holds each section, name and option, and its text.
const HOME = [
  [/^index\.html/, 12],
  [/^how_to\//, 8],
  [/^(0\d_|glossary|errata|results)/, 5],
  [/^commands/, 4],
  [/^api\/index/, -10],
  [/^changelog/, -15],
];
const letters = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
const stem = (word) => (word.length > 3 ? word.replace(/(?<=[^s])s$/, "") : word);
const bare = (heading) => heading.replace(/^(step )?\d+[.:] /i, "");

// How well a text answers: with the words as they were typed, with words that begin so, or with
// all of them here and there.
const match = (text, words, [whole, beginning, scattered]) => {
  const own = letters(text);
  const line = ` ${own.join(" ")} `;
  if (line.includes(` ${words.join(" ")} `)) return whole;
  if (line.includes(` ${words.map(stem).join(" ")}`)) return beginning;
  return words.map(stem).every((word) => own.some((other) => other.startsWith(word))) ? scattered : 0;
};

const score = ([link, heading, title, text], asked, words) => {
  const named = bare(heading);
  let points = match(`${heading} ${title} ${text}`, words, [30, 16, 8]);
  if (!points) return 0;
  if (named === asked && link.startsWith("api/")) points = 110;
  else if (named.toLowerCase() === asked.toLowerCase()) points = 90;
  else points = Math.max(points, match(named, words, [50, 36, 32]));
  points += HOME.find(([place]) => place.test(link))?.[1] ?? 0;
  return Math.max(1, points + (link.includes("#") ? 0 : 3));
};

const surroundings = (text, words) => {
  const first = words.map((word) => text.toLowerCase().indexOf(word)).filter((at) => at >= 0);
  const start = first.length ? Math.max(0, Math.min(...first) - 60) : 0;
  const from = start ? text.indexOf(" ", start) + 1 : 0;
  return (from ? "… " : "") + text.slice(from, from + 200) + (text.length > from + 200 ? " …" : "");
};

const element = (tag, text, options = {}) => Object.assign(document.createElement(tag), { textContent: text }, options);

const row = ([link, heading, title, text], words) => {
  const item = element("li", "");
  item.append(element("a", heading === title ? heading : `${heading} · ${title}`, { href: link }));
  if (text) item.append(element("p", surroundings(text, words), { className: "context" }));
  return item;
};

const search = (asked) => {
  const words = letters(asked);
  if (!words.length) return [];
  const found = PLACES.map((place) => [score(place, asked, words), place]).filter(([points]) => points);
  return found.sort(([one], [other]) => other - one).map(([, place]) => place);
};

const showResults = () => {
  const asked = (new URLSearchParams(location.search).get("q") ?? "").trim();
  const box = document.querySelector(".bd-search-container input[name=q]");
  const place = document.querySelector("#search-results");
  if (box) box.value = asked;
  if (!asked || !place) return;
  const found = search(asked);
  const told = found.length ? `${found.length} places for “${asked}”` : `Nothing found for “${asked}”`;
  const list = element("ul", "", { className: "search" });
  list.append(...found.slice(0, 40).map((one) => row(one, letters(asked).map(stem))));
  place.replaceChildren(element("p", told, { role: "status" }), list);
};

showResults();
