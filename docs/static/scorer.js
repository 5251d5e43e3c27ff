// What is asked for by its name comes first: a public name, then a page or section of that
// title, then one whose title holds the words, then pages that hold them in their text.
const asked = (new URLSearchParams(location.search).get("q") ?? "").trim();

const isNamed = (title) => {
  const own = title.split(" > ").pop().replace(/^(\d+\. )/, "").toLowerCase();
  return own === asked.toLowerCase() ? 90 : own.includes(asked.toLowerCase()) ? 50 : 0;
};

var Scorer = {
  score: ([page, title, , , score, , kind]) => {
    if (kind === "object") return title.split(".").pop() === asked ? 100 : score;
    if (kind === "title") return isNamed(title) + score / 10 + (/^\d/.test(page) ? 3 : 0);
    return Math.min(score, 40) + (/^\d/.test(page) ? 3 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
