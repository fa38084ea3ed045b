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

// A menu with a search is opened to type into it, and the arrow keys walk along any menu.
document.addEventListener("toggle", ({ target }) => {
  if (target.matches(".menu[open]")) target.querySelector("input[type=search]")?.focus();
}, true);

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const menu = event.target.closest(".menu[open]");
  if (!step || !menu || event.target.matches("input[type=date]")) return;
  event.preventDefault();
  const stops = [...menu.querySelectorAll("summary, a[href], button, input:not([type=hidden])")];
  stops[stops.indexOf(event.target) + step]?.focus();
});

// What asks for another tab or window is the browser's own affair, on every link.
document.addEventListener("click", (event) => {
  const isForAnotherTab = event.ctrlKey || event.metaKey || event.shiftKey;
  if (isForAnotherTab && event.target.closest("a[href]")) event.stopPropagation();
}, true);

// htmx follows a link in a picture, but knows not how to keep the browser from following it, too.
document.addEventListener("click", (event) => {
  if (event.target.closest("svg a[hx-get]")) event.preventDefault();
});

// Another page, another site and other rows begin at the top; another look at the same stays put.
const placeOf = (address) => {
  const { pathname, searchParams } = new URL(address, location);
  return [pathname, searchParams.get("site_id"), searchParams.get("page")].join();
};
let place = placeOf(location);

document.addEventListener("htmx:pushedIntoHistory", ({ detail }) => {
  if (placeOf(detail.path) !== place) scrollTo(0, 0);
  place = placeOf(detail.path);
});
addEventListener("popstate", () => { place = placeOf(location); });

// Of tabs that do not fit beside each other the chosen one is seen.
document.addEventListener("htmx:load", ({ target }) => {
  for (const chosen of target.querySelectorAll(".tabs h2")) {
    const tabs = chosen.parentElement;
    if (tabs.scrollWidth <= tabs.clientWidth) continue;
    const off = chosen.getBoundingClientRect().left - tabs.getBoundingClientRect().left;
    tabs.scrollLeft += off - (tabs.clientWidth - chosen.offsetWidth) / 2;
  }
});

// The link that was followed may be gone: keep the keyboard where the figures are.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) {
    document.getElementById("view").focus({ preventScroll: true });
  }
});

// What is there to be pasted elsewhere can be copied with one click.
const said = document.body.dataset;
const copyButton = (snippet) => {
  const button = Object.assign(document.createElement("button"), { className: "plain copy", type: "button" });
  const say = (word) => () => { button.textContent = word; };
  say(said.copy)();
  button.addEventListener("click", () => {
    getSelection().selectAllChildren(snippet);
    // Without https there is no clipboard to write to: what is selected can be copied by hand.
    navigator.clipboard?.writeText(snippet.textContent.trim()).then(say(said.copied), say(said.selected));
    if (!navigator.clipboard) say(said.selected)();
  });
  return button;
};

document.addEventListener("htmx:load", ({ target }) => {
  for (const snippet of target.querySelectorAll("pre.snippet")) snippet.after(copyButton(snippet));
});

const unreachable = (isSo) => () => {
  document.getElementById("unreachable").hidden = !isSo;
};

document.addEventListener("htmx:sendError", unreachable(true));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) unreachable(false)();
});

// A card that changes alone changes the address: the links and forms around it have to follow, but
// for those that lead to a certain state of the card.
let cardState = [];

const AROUND = ":is(.bar, .panels > :not([data-state]))";
const pairs = (query) => query.split("&").filter(Boolean);
const plain = (pair) => decodeURIComponent(pair.replaceAll("+", " "));

const moveLink = (link, was, is) => {
  const [path, query] = link.getAttribute("href").split("?");
  const kept = pairs(query).filter((pair) => !was.includes(pair));
  const address = `${path}?${[...kept, ...is].join("&")}`;
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
  const links = document.querySelectorAll(`${AROUND} [hx-get][href]:not([data-stays])`);
  for (const link of links) moveLink(link, was, cardState);
  for (const form of document.querySelectorAll(`${AROUND} form`)) moveForm(form, was, cardState);
});

// A letter follows the link, opens the menu or goes to the field that carries it. Whoever is in a
// field, a menu or a dialog means something else by it.
const isTyping = ({ target, isComposing }) =>
  isComposing || target.closest("input:not([type=hidden]), select, textarea, dialog, .menu[open]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  if (event.target.closest(".bucket") && event.key.startsWith("Arrow")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input, summary")) target.focus();
  if (!target.matches("input")) target.click();
});

document.getElementById("shortcuts").addEventListener("click", () => {
  document.getElementById("help").showModal();
});

// The arrow keys walk along the chart.
document.addEventListener("keydown", (event) => {
  const bucket = event.target.closest(".bucket");
  const plot = bucket?.closest(".plot");
  const buckets = plot ? [...plot.querySelectorAll(".bucket")] : [];
  const place = buckets.indexOf(bucket);
  const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: buckets.length - 1 };
  const target = buckets[next[event.key]];
  if (!target) return;
  event.preventDefault();
  bucket.setAttribute("tabindex", "-1");
  target.setAttribute("tabindex", "0");
  target.focus();
});

// A finger has no pointer that could hover: a first tap on the chart shows the values, a second follows.
let shown = null;

document.addEventListener("click", (event) => {
  const bucket = event.target.closest(".bucket");
  const isTap = event.pointerType ? event.pointerType === "touch" : matchMedia("(hover: none)").matches;
  if (!isTap || bucket === shown) return;
  if (bucket) {
    event.stopPropagation();
    event.preventDefault();
  }
  shown?.classList.remove("shown");
  bucket?.classList.add("shown");
  shown = bucket;
}, true);

// What is shown of this moment asks again, as long as somebody can see it.
const POLL_EVERY_MS = 10_000;

const poll = () => {
  if (document.visibilityState !== "visible") return;
  for (const element of document.querySelectorAll("[data-poll]")) htmx.trigger(element, "poll");
};

setInterval(poll, POLL_EVERY_MS);
document.addEventListener("visibilitychange", poll);

// A page for a wall fills it.
document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-fullscreen]")) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
});

// The theme is this browser's own affair.
const root = document.documentElement;
const themes = () => document.querySelectorAll("[data-theme-choice]");

const showTheme = () => {
  const chosen = root.dataset.theme ?? "system";
  for (const button of themes()) button.setAttribute("aria-pressed", button.dataset.themeChoice === chosen);
};

document.addEventListener("click", ({ target }) => {
  const theme = target.closest("[data-theme-choice]")?.dataset.themeChoice;
  if (!theme) return;
  if (theme === "system") {
    delete root.dataset.theme;
    localStorage.removeItem("mallard-theme");
  } else {
    root.dataset.theme = theme;
    localStorage.setItem("mallard-theme", theme);
  }
  showTheme();
});

document.addEventListener("htmx:load", showTheme);
showTheme();

// The browser knows in which time zone it is: one click saves that.
document.addEventListener("htmx:load", ({ target }) => {
  const button = target.querySelector("[data-own-timezone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!button || !zone || button.form.timezone.value === zone) return;
  Object.assign(button, { hidden: false, value: zone });
  button.append(zone);
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
  field.placeholder = list.dataset.another;
  field.setAttribute("aria-label", list.dataset.step.replace("%", count + 1));
  list.append(next);
});
