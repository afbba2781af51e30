// A little that helps those who have JavaScript; every page works without.
"use strict";

// files dropped on a field of files
for (const area of document.querySelectorAll(".drop")) {
  const field = area.querySelector("input[type=file]");
  for (const name of ["dragenter", "dragover"]) area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => { event.preventDefault(); field.files = event.dataTransfer.files; field.dispatchEvent(new Event("change")); });
}

// names and sizes of the files that were chosen
for (const list of document.querySelectorAll(".chosen")) {
  const field = document.getElementById(list.dataset.of);
  field.addEventListener("change", () => {
    const size = [...field.files].reduce((sum, file) => sum + file.size, 0);  // said here, for what is too much is refused before a page could say it
    const tooMuch = field.files.length > Number(field.dataset.mostFiles) || size > 0.99 * Number(field.dataset.mostBytes);
    field.setCustomValidity(tooMuch ? field.dataset.tooMuch : "");
    field.reportValidity();
    list.replaceChildren(...[...field.files].map((file) => {
      const line = document.createElement("li");
      line.textContent = `${file.name} (${Math.max(1, Math.round(file.size / 1000)).toLocaleString(document.documentElement.lang)} kB)`;
      return line;
    }));
  });
}

// what is still going on is looked at again, in its own part of the page
const follow = (part) => setTimeout(async () => {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const now = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
    if (now) { part.replaceWith(now); part = now; }
  } catch { /* the desk does not answer just now: look again */ }
  if (part.dataset.follow) follow(part);
}, Number(part.dataset.follow));
for (const part of document.querySelectorAll("[data-follow]")) follow(part);
