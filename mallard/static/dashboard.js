// Every link and form works without this file; it only adds manners.
"use strict";

const openMenus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The link that was followed may be gone: keep the keyboard where the figures are.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) {
    document.getElementById("view").focus({ preventScroll: true });
  }
});

// The browser knows what countries are called.
const countries = new Intl.DisplayNames(["en"], { type: "region" });

document.addEventListener("htmx:load", (event) => {
  for (const element of event.target.querySelectorAll("[data-country]")) {
    if (/^[A-Z]{2}$/.test(element.textContent)) {
      element.textContent = countries.of(element.textContent);
    }
  }
});

const unreachable = (isSo) => () => {
  document.getElementById("unreachable").hidden = !isSo;
};

document.addEventListener("htmx:sendError", unreachable(true));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) unreachable(false)();
});
