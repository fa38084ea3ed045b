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

// A card that changes alone changes the address: the links and forms around it have to follow.
let cardState = [];

const AROUND = ":is(.periods, .chips, .panels > :not([data-state]))";
const pairs = (query) => query.split("&").filter(Boolean);
const plain = (pair) => decodeURIComponent(pair.replaceAll("+", " "));

const moveLink = (link, was, is) => {
  const kept = pairs(link.getAttribute("href").slice(2)).filter((pair) => !was.includes(pair));
  const address = `/?${[...kept, ...is].join("&")}`;
  link.setAttribute("href", address);
  link.setAttribute("hx-get", address);
  htmx.process(link);
};

const moveForm = (form, was, is) => {
  const old = was.map(plain);
  for (const input of form.querySelectorAll("input[type=hidden]")) {
    if (old.includes(`${input.name}=${input.value}`)) input.remove();
  }
  for (const [name, value] of new URLSearchParams(is.join("&"))) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
};

document.addEventListener("htmx:load", ({ target }) => {
  const card = document.querySelector("[data-state]");
  const was = cardState;
  cardState = pairs(card?.dataset.state ?? "");
  if (target !== card || `${was}` === `${cardState}`) return;
  for (const link of document.querySelectorAll(`${AROUND} a`)) moveLink(link, was, cardState);
  for (const form of document.querySelectorAll(`${AROUND} form`)) moveForm(form, was, cardState);
});

// There is always one more field to put a step into.
document.addEventListener("input", ({ target }) => {
  const list = target.closest(".steps");
  const last = list?.lastElementChild;
  const count = list?.children.length;
  if (!last?.contains(target) || !target.value || count >= Number(list.dataset.most)) return;
  const next = last.cloneNode(true);
  const field = next.querySelector("input");
  field.value = "";
  field.removeAttribute("value");
  field.id = field.id.replace(/\d+$/, count + 1);
  field.placeholder = "Another step";
  field.setAttribute("aria-label", `Step ${count + 1}`);
  list.append(next);
});
