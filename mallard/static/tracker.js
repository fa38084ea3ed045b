// Mallard's tracking script. It has to stay under 1,024 bytes as served: web/tracker.py takes out
// comments, spaces and needless semicolons, and shortens every name that starts with a dollar sign
// to one letter.
// It stores nothing, and nothing in it may throw into the page that carries it.
if (!history.mallard) { // A second copy of the tag, or one run again by a router, changes nothing.
  let $document = document, $location = location, $history = history, $listen = addEventListener,
    { src: $src, dataset: { domain: $site, api: $api, local: $local, hash: $hash,
      manual: $manual } } = $document.currentScript || $document.head,
    $fragment = $hash == null ? /#/ : /$/,
    // The page counted last, the one before it, and what the address bar showed then.
    $counted = '', $previous = $counted, $address = $counted,
    // What the page has called before this script was there: a function of its own kept it.
    { mallard: { q: $queue = [] } = $history } = window,

  // Nothing is awaited before the fetch, so that an event sent just before leaving goes out.
  $send = window.mallard = $history.mallard = async ($name = 'pageview', $options) => {
    $options = $options || {};
    try {
      // A prerendered page counts when it is shown, if ever; the event is for its document alone.
      $document.prerendering &&
        await new Promise($shown => $listen('prerenderingchange', $shown, 1));

      let $url = '' + new URL($options.url || $location, $location),
        $silent = !$site || $local == null &&
          /^file|^\w+:..(localhost|127[\d.]+|\[::1])[:/]/.test($location);
      try {
        $silent |= localStorage.mallard_ignore == 'true';
      } catch {} // Storage is blocked, so nobody asked to be ignored.
      if ($name == 'pageview')
        $address = '' + $location,
        $url == $counted ? $silent = 1 : ($previous = $counted, $counted = $url);
      // A body that is a string is sent as text/plain, which needs no preflight.
      await ($silent || fetch($api || new URL('/api/event', $src), {
        method: 'POST',
        keepalive: true,
        credentials: 'omit',
        body: JSON.stringify({
          d: $site,
          n: $name,
          u: $url,
          r: $previous || $document.referrer,
          w: innerWidth,
          p: $options.props,
          ra: $options.revenue,
          rc: $options.currency
        })
      }));
    } catch {}
    $options.callback && $options.callback();
  },

  // Counts the page if its address up to `$end` is no longer the one that was counted.
  $moved = $end => $location.href.split($end)[0] != $address.split($end)[0] && $send(),
  $watch = ($method, $end, $original = $history[$method]) =>
    $history[$method] = function (...$args) {
      $args = $original.apply(this, $args);
      $moved($end);
      return $args;
    };

  if ($manual == null) {
    $watch('pushState', $fragment);
    $watch('replaceState', /[?#]/);
    $listen('popstate', () => $moved($fragment)); // Browsers fire it for a new fragment, too.
    // The page comes back out of memory: seen again without being loaded.
    $listen('pageshow', $event => $event.persisted && ($counted = '', $send()));
    $send();
  }
  $queue.map($call => $send(...$call));
}
