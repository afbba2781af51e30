// A little that helps those who have JavaScript; every page works without.
"use strict";

// files dropped on a field of files
for (const area of document.querySelectorAll(".drop")) {
  const field = area.querySelector("input[type=file]");
  for (const name of ["dragenter", "dragover"]) area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => { event.preventDefault(); field.files = event.dataTransfer.files; });
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
