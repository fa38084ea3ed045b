// For pages that have GoatCounter's tag: its settings and calls, sent to Mallard. Nothing is stored but
// what #toggle-goatcounter asks for, and nothing in it may throw into the page.
(() => {
  const here = document.currentScript || document.querySelector('script[data-goatcounter]');
  if (!here) return;
  const counter = window.goatcounter = window.goatcounter || {};
  if (counter.count) return;
  try {
    Object.assign(counter, JSON.parse(here.dataset.goatcounterSettings || '{}'));
  } catch {
    console.warn('Mallard: data-goatcounter-settings is not JSON.');
  }
  const endpoint = () => counter.endpoint || here.dataset.goatcounter || new URL('count', here.src).href;

  function isIgnored() {
    try {
      return localStorage.skipgc == 't' || localStorage.mallard_ignore == 'true';
    } catch {
      return false; // Storage is blocked, so nobody asked to be ignored.
    }
  }

  // Why nothing is counted, or false.
  counter.filter = () => {
    if (document.visibilityState == 'prerender') return 'prerendered';
    if (!counter.allow_frame && location != parent.location) return 'frame';
    const isLocal = /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|0\.0\.0\.0)/.test(location.hostname);
    if (!counter.allow_local && (isLocal || location.protocol == 'file:')) return 'localhost';
    return isIgnored() && 'disabled with #toggle-goatcounter';
  };

  counter.get_query = name => new URLSearchParams(location.search).get(name);

  function path() {
    const link = document.querySelector('link[rel="canonical"][href]');
    const bare = host => host.replace(/^www\./, '');
    const canonical = link && new URL(link.href, location);
    const page = canonical && bare(canonical.hostname) == bare(location.hostname) ? canonical : location;
    return page.pathname + page.search;
  }

  const chosen = (value, usual) => typeof value == 'function' ? value(usual) : value == null ? usual : value;

  counter.get_data = (vars = {}) => {
    const isEvent = Boolean(vars.event || counter.event);
    return {
      p: chosen(vars.path == null ? counter.path : vars.path, path()),
      r: chosen(vars.referrer == null ? counter.referrer : vars.referrer, document.referrer),
      t: chosen(vars.title == null ? counter.title : vars.title, document.title),
      e: isEvent,
      s: screen.width,
      b: navigator.webdriver ? 153 : 0,
      q: location.search
    };
  };

  counter.url = vars => {
    const data = counter.get_data(vars || {});
    if (data.p === null) return; // A function of the page's says that this one is not to be counted.
    data.rnd = Math.random().toString(36).slice(2, 7);
    const pairs = Object.entries(data).filter(([, value]) => value !== '' && value != null && value !== false);
    return `${endpoint()}?${new URLSearchParams(pairs)}`;
  };

  counter.count = vars => {
    try {
      const why = counter.filter();
      if (why) return console.warn(`Mallard: nothing is counted: ${why}.`);
      const url = counter.url(vars);
      if (url && !navigator.sendBeacon(url)) new Image().src = url;
    } catch (error) {
      console.warn(`Mallard: an event could not be sent: ${error}`);
    }
  };

  counter.bind_events = () => {
    for (const element of document.querySelectorAll('[data-goatcounter-click]')) {
      if (element.isBound) continue;
      element.isBound = true;
      const { goatcounterClick, goatcounterTitle, goatcounterReferrer, goatcounterReferral } = element.dataset;
      const tell = () => counter.count({
        event: true,
        path: goatcounterClick || element.name || element.id || '',
        title: goatcounterTitle || element.title || element.textContent.slice(0, 200),
        referrer: goatcounterReferrer || goatcounterReferral || ''
      });
      for (const kind of ['click', 'auxclick']) element.addEventListener(kind, tell);
    }
  };

  function begin() {
    if (location.hash == '#toggle-goatcounter') {
      try {
        if (localStorage.skipgc == 't') delete localStorage.skipgc;
        else localStorage.skipgc = 't';
        alert(`Visits of this browser are ${localStorage.skipgc ? 'not counted now' : 'counted again'}.`);
      } catch {
        // Storage is blocked: there is nowhere to keep it.
      }
    }
    if (!counter.no_onload) {
      if (document.visibilityState != 'hidden') counter.count();
      else document.addEventListener('visibilitychange', () => counter.count(), { once: true });
    }
    if (!counter.no_events) counter.bind_events();
  }

  if (document.readyState == 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();
