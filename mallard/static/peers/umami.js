// For pages that have Umami's tag: its attributes and calls, sent to Mallard. Nothing is stored, and
// nothing in it may throw into the page.
(() => {
  const here = document.currentScript || document.querySelector('[data-website-id]');
  if (!here || window.umami) return;
  const { websiteId: website, hostUrl, autoTrack, domains, tag, excludeSearch, excludeHash, doNotTrack, beforeSend } =
    here.dataset;
  if (!website) return;
  const endpoint = hostUrl ? `${hostUrl.replace(/\/$/, '')}/api/send` : new URL('api/send', here.src).href;
  const isAsked = value => value == 'true';
  const hosts = (domains || '').split(',').map(host => host.trim()).filter(Boolean);

  function isSilent() {
    if (hosts.length && !hosts.includes(location.hostname)) return true;
    if (isAsked(doNotTrack) && (navigator.doNotTrack == '1' || navigator.globalPrivacyControl)) return true;
    try {
      return localStorage.getItem('umami.disabled') == 1 || localStorage.mallard_ignore == 'true';
    } catch {
      return false; // Storage is blocked, so nobody asked to be ignored.
    }
  }

  function address() {
    const url = new URL(location);
    if (isAsked(excludeSearch)) url.search = '';
    if (isAsked(excludeHash)) url.hash = '';
    return url.pathname + url.search + url.hash;
  }

  let seen, previous = document.referrer;
  const page = () => ({
    website,
    tag,
    screen: `${innerWidth}x${innerHeight}`,
    language: navigator.language,
    title: document.title,
    hostname: location.hostname,
    url: address(),
    referrer: previous
  });

  async function send(payload, type = 'event') {
    try {
      if (isSilent()) return;
      const change = beforeSend && window[beforeSend];
      const sent = typeof change == 'function' ? await change(type, payload) : payload;
      if (!sent) return;
      // A body that is a string is sent as text, which needs no preflight.
      await fetch(endpoint, {
        method: 'POST', keepalive: true, credentials: 'omit', body: JSON.stringify({ type, payload: sent })
      });
    } catch (error) {
      console.warn(`Mallard: an event could not be sent: ${error}`);
    }
  }

  function track(what, data) {
    if (typeof what == 'string') return send({ ...page(), name: what, data });
    if (typeof what == 'function') return send(what(page()));
    return send(what && typeof what == 'object' ? what : page());
  }

  const identify = (id, data) =>
    send({ ...page(), data: typeof id == 'object' ? id : data }, 'identify');
  window.umami = { track, identify, getSession: () => ({ cache: 'mallard', website }) };

  function view() {
    const now = address();
    if (now == seen) return;
    if (seen) previous = new URL(seen, location).href;
    seen = now;
    track();
  }

  document.addEventListener('click', event => {
    const element = event.target.closest && event.target.closest('[data-umami-event]');
    if (!element) return;
    const data = {};
    for (const { name, value } of element.attributes)
      if (name.startsWith('data-umami-event-')) data[name.slice('data-umami-event-'.length)] = value;
    track(element.dataset.umamiEvent, data);
  }, true);

  if (autoTrack == 'false') return;
  for (const method of ['pushState', 'replaceState']) {
    const original = history[method];
    history[method] = function (...values) {
      original.apply(this, values);
      setTimeout(view);
    };
  }
  addEventListener('popstate', view);
  if (document.visibilityState != 'hidden') view();
  else document.addEventListener('visibilitychange', view, { once: true });
})();
