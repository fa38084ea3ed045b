// Before the first paint: the theme that was chosen here, and the word that scripts run.
"use strict";

document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("mallard-theme");
  if (theme && !document.documentElement.dataset.theme) document.documentElement.dataset.theme = theme;
} catch {
  // Storage is off: the system's theme it is.
}
