// A little that helps those who have JavaScript; every page works without.
"use strict";

// files dropped on a field of files
for (const area of document.querySelectorAll(".drop")) {
  const field = area.querySelector("input[type=file]");
  for (const name of ["dragenter", "dragover"]) area.addEventListener(name, (event) => { event.preventDefault(); area.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => { event.preventDefault(); field.files = event.dataTransfer.files; });
}
