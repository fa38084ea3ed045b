// What mallard.js loads when the tag's `data-track` asks for it, once its first event has arrived: what
// happens on a page by itself. Served as small as that one, and like it stores nothing and throws nothing
// into the page. No listener delays anything: all are passive, and nothing is ever prevented.

const $document = document, $location = location, $performance = performance,
  // Whoever replaces the function later does not break what is here.
  $mallard = self.mallard,
  $settings = $document.querySelector('[data-domain][data-track]').dataset,
  $asksFor = $what => $settings.track.split(/[\s,]+/).includes($what),
  $ROUND = Math.round,

  $listen = ($target, $names, $handle) => $names.split(' ').map($name =>
    $target.addEventListener($name, $event => {
      try {
        $handle($event);
      } catch {
        // The page goes on.
      }
    }, { capture: 1, passive: 1 })),

  $send = ($name, $props, $url, $revenue, $currency) =>
    $mallard($name, { props: $props, url: $url, revenue: $revenue, currency: $currency }),

  // --- What is clicked on, and what is sent off.
  $ENDINGS = $settings.files?.split(/[\s,]+/).map($ending => $ending.replace(/\W/g, '')).join('|') ||
    '7z|apk|avi|csv|deb|dmg|docx?|epub|exe|gz|iso|key|midi?|mov|mp[34]|mpe?g|msi|od[pst]|pdf|pkg|pp[st]x?|' +
    'rar|rpm|rtf|tar|tgz|txt|wav|webm|wm[av]|xlsx?|xz|zip',
  $FILES = new RegExp(`\\.(${$ENDINGS})$`, 'i'),
  $bare = $host => $host.replace(/^www\./, ''),

  $follow = $link => {
    // Links in drawings have an object there.
    const $url = new URL($link.href.baseVal ?? $link.href, $document.baseURI);
    if (!/^http/.test($url.protocol)) return;
    if ($asksFor('downloads') && ($link.hasAttribute('download') || $FILES.test($url.pathname)))
      $send('File Download', { url: $url.origin + $url.pathname });
    else if ($asksFor('links') && $bare($url.host) != $bare($location.host))
      $send('Outbound Link: Click', { url: $url.href });
  },

  // The event that an element has in its attributes or classes, if any.
  $tell = $element => {
    const $data = $element.dataset, $props = {};
    let $name = $data.mallardEvent;
    for (const { name: $key, value: $value } of $element.attributes)
      if ($key.startsWith('data-mallard-prop-')) $props[$key.slice(18)] = $value;
    for (const $class of $element.classList) {
      const [, $key, $value] = /^(?:mallard|plausible)-event-(.+?)(?:=|--)(.+)/.exec($class) || [];
      const $text = $value?.replace(/\+/g, ' ');
      if ($key == 'name') $name ??= $text;
      else if ($key) $props[$key] ??= $text;
    }
    if ($name) $send($name, $props, 0, $data.mallardRevenue, $data.mallardCurrency);
    return $name;
  },

  $seen = new WeakSet(),
  $submit = $event => {
    // Where a page's own form is shown within a shadow, both see it.
    if ($seen.has($event)) return;
    $seen.add($event);
    $tell($event.target) ||
      $asksFor('forms') && $send('Form: Submission', { path: $location.pathname });
  },
  // What is submitted within a shadow is not seen outside; whoever does it was in there before.
  $enter = $event => {
    const $root = $event.composedPath()[0].getRootNode();
    if ($seen.has($root)) return;
    $seen.add($root);
    $listen($root, 'submit', $submit);
  },
  $click = $event => {
    $enter($event);
    // The middle button is 1; the right one opens a menu.
    if ($event.button > 1) return;
    const $path = $event.composedPath().filter($one => $one.dataset);
    // A form tells when it is submitted, not when something in it is clicked.
    $path.find($one => !/^form$/i.test($one.tagName) && $tell($one));
    const $link = $path.find($one => /^a(rea)?$/i.test($one.tagName) && $one.href);
    $link && $follow($link);
  },

  // --- How long a page is looked at, and how far down.
  $IDLE = 6e4,
  $OFTEN = 9e5,
  $measure = () => {
    $frame = 0;
    const { scrollHeight: $height } = $document.scrollingElement || $document.documentElement;
    // What another page shows is none of this one's, even if that is not counted yet.
    if ($path == $location.pathname)
      $depth = Math.max($depth, Math.min(100, $ROUND((scrollY + innerHeight) / $height * 100) || 0));
  },
  // Time counts while the page is shown, until a minute after somebody last did something.
  $count = () => {
    const $at = $performance.now();
    if ($isShown) $spent += Math.max(0, Math.min($at, $active + $IDLE) - $counted);
    $counted = $at;
    $isShown = !$document.hidden;
  },
  $act = $event => {
    $count();
    $active = $counted;
    if ($event.type == 'scroll') $frame ||= requestAnimationFrame($measure);
  },
  $flush = () => {
    $count();
    if ($page && ($spent > 999 || $depth > $told))
      $send('engagement', { e: $ROUND($spent), sd: $depth }, $page), $spent = 0, $told = $depth;
  },
  $leave = () => {
    $measure();
    $flush();
  },
  $begin = $url => {
    $flush();
    $page = $url;
    $path = $location.pathname;
    $spent = $depth = $told = 0;
    $active = $counted;
    $measure();
  },

  // --- How quick a page is, as Google's library `web-vitals` defines it.
  $vitals = () => {
    const $first = $performance.getEntriesByType('navigation')[0] || {},
      $from = $first.activationStart || 0,
      $hiddenAt = $performance.getEntriesByType('visibility-state')
        .find($entry => $entry.name == 'hidden')?.startTime ?? 1 / 0,
      $found = {},
      $slowest = new Map(),
      $observers = [],
      $url = $location.href;
    let $shift = 0, $begun = 0, $ended = 0, $count = 0, $isSent = 0;
    const $observe = ($type, $handle) => {
      try {
        const $observer = new PerformanceObserver($list => $list.getEntries().map($handle));
        $observer.observe({ type: $type, buffered: 1, durationThreshold: 40 });
        $observers.push([$observer, $handle]);
      } catch {
        // This browser does not tell.
      }
    };
    const $painted = $name => $entry => {
      if ($entry.startTime < $hiddenAt) $found[$name] = Math.max(0, $entry.startTime - $from);
    };
    const $interact = $entry => {
      const $id = $entry.interactionId;
      if ($id) $slowest.set($id, Math.max($slowest.get($id) || 0, $entry.duration));
      $count = $performance.interactionCount || $slowest.size;
    };
    $observe('paint', $entry => /^first-c/.test($entry.name) && $painted('fcp')($entry));
    $observe('largest-contentful-paint', $painted('lcp'));
    $observe('event', $interact);
    $observe('first-input', $interact);
    $observe('layout-shift', $entry => {
      const $at = $entry.startTime;
      if ($entry.hadRecentInput) return;
      // Shifts within a second of each other are one, for five seconds at most.
      if ($at - $ended > 999 || $at - $begun > 4999) $shift = 0, $begun = $at;
      $ended = $at;
      $shift += $entry.value;
      $found.cls = Math.max($found.cls || 0, $shift);
    });
    return () => {
      if ($isSent++) return;
      $observers.map(([$observer, $handle]) => $observer.takeRecords().map($handle));
      const $all = [...$slowest.values()].sort(($a, $b) => $b - $a);
      if ($all.length) $found.inp = $all[Math.min($all.length - 1, Math.floor($count / 50))];
      if ($first.responseStart) $found.ttfb = Math.max(0, $first.responseStart - $from);
      // Where the browser does not measure it, nothing is not the same as none.
      if ($found.fcp && PerformanceObserver.supportedEntryTypes.includes('layout-shift')) $found.cls ??= 0;
      for (const $name in $found)
        $found[$name] = $name == 'cls' ? $ROUND($found.cls * 1e4) / 1e4 : $ROUND($found[$name]);
      $send('vitals', $found, $url);
    };
  };

let $page, $path, $frame = 0, $spent = 0, $depth = 0, $told = 0, $active = 0, $counted = $performance.now(),
  $isShown = !$document.hidden;

$listen($document, 'click auxclick', $click);
$listen($document, 'focusin', $enter);
$listen($document, 'submit', $submit);
$seen.add($document);

if ($asksFor('engagement')) {
  $listen($document, 'scroll wheel pointerdown pointermove keydown touchstart', $act);
  $listen($document, 'visibilitychange', () => $document.hidden ? $leave() : $act({}));
  $listen(self, 'pagehide', $leave);
  // A session goes on for half an hour after what is told of it.
  setInterval($flush, $OFTEN);
}

if ($asksFor('vitals') && Math.random() < ($settings.vitalsSample ?? 1)) {
  const $report = $vitals();
  $listen($document, 'visibilitychange', () => $document.hidden && $report());
  $listen(self, 'pagehide', $report);
}

if ($asksFor('404') && $performance.getEntriesByType('navigation')[0]?.responseStatus == 404)
  $send('404', { path: $location.pathname });

// mallard.js hands over every event that has arrived.
function $hear($answer, $name, $options) {
  if ($name == 'pageview' && $asksFor('engagement'))
    $begin('' + new URL($options?.url || $location, $location));
}

export { $hear as a };
