// For pages that have Plausible's tag: its attributes, options and calls, sent to Mallard. Nothing is
// stored, and nothing in it may throw into the page.
(() => {
  const asked = 'ASKED'; // What the script's name says: a site, extensions, and the API's path.
  const here = document.currentScript || document.querySelector('[data-domain]');
  const data = here ? here.dataset : {};
  const before = window.plausible || {};
  if (before.l) return;

  const FILES = ['pdf', 'xlsx', 'docx', 'txt', 'rtf', 'csv', 'exe', 'key', 'pps', 'ppt', 'pptx', '7z', 'pkg', 'rar',
    'gz', 'zip', 'avi', 'mov', 'mp4', 'mpeg', 'wmv', 'midi', 'mp3', 'wav', 'wma', 'dmg'];
  const has = extension => asked.extensions.includes(extension);
  const listed = text => text.split(',').map(part => part.trim()).filter(Boolean);
  const options = {
    domain: data.domain || asked.domain || location.hostname.replace(/^www\./, ''),
    endpoint: data.api || new URL(asked.api, here && here.src || location).href,
    hashBasedRouting: has('hash'),
    outboundLinks: has('outbound-links'),
    fileDownloads: has('file-downloads') && (data.fileTypes
      ? { fileExtensions: listed(data.fileTypes) }
      : data.addFileTypes ? { fileExtensions: FILES.concat(listed(data.addFileTypes)) } : true),
    formSubmissions: has('form-submissions'),
    taggedEvents: has('tagged-events'),
    captureOnLocalhost: has('local'),
    autoCapturePageviews: !has('manual'),
    logging: true
  };

  const quietly = action => (...values) => {
    try {
      return action(...values);
    } catch (error) {
      if (options.logging) console.warn(`Mallard: an event could not be sent: ${error}`);
    }
  };

  // Whether a path is among patterns in which ** stands for anything, and * for anything but a slash.
  const isAmong = (patterns, path) => listed(patterns).some(pattern =>
    new RegExp('^' + pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\*\*/g, '\0').replace(/\*/g, '[^/]*').replace(/\0/g, '.*') + '/?$').test(path));

  function silence() {
    const { hostname, protocol, pathname, hash } = location;
    const isLocal = /^localhost$|^127(\.\d+){0,2}\.\d+$|^\[::1?\]$/.test(hostname) || protocol == 'file:';
    if (isLocal && !options.captureOnLocalhost) return 'this machine is not counted';
    try {
      if (localStorage.plausible_ignore == 'true' || localStorage.mallard_ignore == 'true')
        return 'localStorage says so';
    } catch {
      // Storage is blocked, so nobody asked to be ignored.
    }
    const path = options.hashBasedRouting ? pathname + hash : pathname;
    if (data.include && !isAmong(data.include, path) || data.exclude && isAmong(data.exclude, path))
      return 'this page is left out';
  }

  function own(name) {
    const found = {};
    for (const attribute of here ? here.attributes : [])
      if (attribute.name.startsWith('event-')) found[attribute.name.slice(6)] = attribute.value;
    const custom = options.customProperties;
    return { ...found, ...(typeof custom == 'function' ? custom(name) : custom) };
  }

  let counted, previous;
  function send(name, { props, revenue, callback, interactive, meta, u, url } = {}) {
    const done = callback || (() => {});
    const why = silence();
    if (why) {
      if (options.logging) console.warn(`Mallard: nothing is counted, for ${why}.`);
      return done();
    }
    let page = '' + (u || url || location);
    if (!options.hashBasedRouting) page = page.split('#')[0];
    if (name == 'pageview' && !u && !url) {
      if (page == counted) return done();
      [previous, counted] = [counted, page];
    }
    let body = {
      n: name,
      u: page,
      d: options.domain,
      r: previous || document.referrer || null,
      w: innerWidth,
      h: options.hashBasedRouting ? 1 : undefined,
      b: navigator.webdriver || undefined,
      i: interactive === false ? false : undefined,
      p: { ...own(name), ...meta, ...props },
      $: revenue
    };
    if (options.transformRequest) body = options.transformRequest(body);
    if (!body) return done();
    fetch(options.endpoint, { method: 'POST', keepalive: true, credentials: 'omit', body: JSON.stringify(body) })
      .then(answer => done({ status: answer.status }), error => done({ error }));
  }

  const decoded = text => text.replace(/\+/g, ' ');
  // An event that an element, or one of its parents, names by its classes.
  function tagged(element) {
    for (let node = element, steps = 0; node && steps < 4; node = node.parentElement, steps++) {
      const found = { props: {}, revenue: {} };
      for (const named of node.classList || []) {
        const [, kind, key, value] = /^plausible-(event|revenue)-(.+?)(?:=|--)(.+)$/.exec(named) || [];
        if (kind == 'event' && key == 'name') found.name = decoded(value);
        else if (kind == 'event') found.props[key] = decoded(value);
        else if (kind) found.revenue[key] = decoded(value);
      }
      if (found.name) return found;
    }
  }

  function follow(event) {
    const link = event.target.closest && event.target.closest('a[href], area[href]');
    const mark = options.taggedEvents && tagged(event.target);
    if (event.type == 'auxclick' && event.button != 1) return;
    if (mark && !(event.target.closest('form') && !link)) {
      const { name, props, revenue } = mark;
      send(name, { props: link ? { url: link.href, ...props } : props, revenue: revenue.amount ? revenue : undefined });
    } else if (link) {
      const target = new URL(link.href, location);
      const types = options.fileDownloads && (options.fileDownloads.fileExtensions || FILES);
      if (types && types.includes(target.pathname.split('.').pop().toLowerCase()))
        send('File Download', { props: { url: target.origin + target.pathname } });
      else if (options.outboundLinks && /^https?:$/.test(target.protocol) && target.host != location.host)
        send('Outbound Link: Click', { props: { url: link.href } });
    }
  }

  function submit(event) {
    const mark = options.taggedEvents && tagged(event.target);
    if (mark) send(mark.name, { props: mark.props, revenue: mark.revenue.amount ? mark.revenue : undefined });
    else if (options.formSubmissions) send('Form: Submission', { props: { path: location.pathname } });
  }

  function begin() {
    if (options.outboundLinks || options.fileDownloads || options.taggedEvents)
      for (const kind of ['click', 'auxclick']) document.addEventListener(kind, quietly(follow));
    if (options.formSubmissions || options.taggedEvents) document.addEventListener('submit', quietly(submit), true);
    if (!options.autoCapturePageviews) return;
    const view = quietly(() => send('pageview'));
    const push = history.pushState;
    history.pushState = function (...values) {
      push.apply(this, values);
      view();
    };
    addEventListener('popstate', view);
    if (options.hashBasedRouting) addEventListener('hashchange', view);
    addEventListener('pageshow', event => {
      if (!event.persisted) return;
      counted = 0;
      view();
    });
    if (document.visibilityState != 'hidden') view();
    else document.addEventListener('visibilitychange', view, { once: true });
  }

  let hasBegun = false;
  const init = quietly((given = {}) => {
    Object.assign(options, given);
    if (!hasBegun) begin();
    hasBegun = true;
  });
  const plausible = window.plausible = quietly(send);
  Object.assign(plausible, { init, l: true, v: 0, s: 'mallard' });
  // A tag that names its site begins by itself; one of a site's own script waits for init().
  if (before.o || data.domain || !before.init) init(before.o);
  (before.q || []).forEach(call => plausible(...call));
})();
