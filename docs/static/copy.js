// A button on each listing copies its code, without the prompts of a shell.
for (const pre of document.querySelectorAll(".bd-article div.highlight > pre")) {
  if (pre.closest(".cell_output")) continue;
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "copy", textContent: "Copy" });
  button.addEventListener("click", async () => {
    const code = pre.textContent.replace(/^\$ /gm, "").trimEnd();
    try {
      await navigator.clipboard.writeText(code);
    } catch {
      // a page from disk may not write to the clipboard, but a selection can be copied
      const text = document.createElement("textarea");
      text.value = code;
      button.before(text);
      text.select();
      document.execCommand("copy");
      text.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  pre.parentElement.classList.add("copyable");
  pre.after(button);
}
