// The theme's arrows in the sidebar have no name that a screen reader could say.
for (const arrow of document.querySelectorAll(".bd-sidebar-primary summary")) {
  const chapter = arrow.closest("li").querySelector("a").textContent.trim();
  arrow.setAttribute("aria-label", `Pages of ${chapter}`);
}

// The sidebar is long: what is open stands in sight in it.
window.addEventListener("load", () => {
  const sidebar = document.querySelector(".bd-sidebar-primary");
  const open = [...(sidebar?.querySelectorAll("li.current.active > a") ?? [])].pop();
  if (!open) return;
  const { top, bottom } = open.getBoundingClientRect();
  const hidden = top < 0 || bottom > window.innerHeight;
  if (hidden) sidebar.scrollTop += top - window.innerHeight / 2;
});
