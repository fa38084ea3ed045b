// Mallard's tracking script. It has to stay under 1,024 bytes as served: web/tracker.py takes out
// comments and spaces and shortens every name that starts with a dollar sign to one letter.
// It stores nothing, and nothing in it may throw into the page that carries it.
if (!history.mallard) { // A second copy of the tag, or one run again by a router, changes nothing.
  let $document = document, $location = location, $history = history, $listen = addEventListener,
    { src: $src, dataset: { domain: $site, api: $api, local: $local, hash: $hash,
      manual: $manual } } = $document.currentScript || $document.head,
    $fragment = $hash == null ? /#/ : /$/,
    // The page counted last, the one before it, and what the address bar showed then.
    $counted = '', $previous = '', $address = '';

  // Nothing is awaited before the fetch, so that an event sent just before leaving goes out.
  let $send = window.mallard = $history.mallard = async ($name = 'pageview', $options) => {
    $options = $options || {};
    try {
      // A prerendered page counts when it is shown, if ever.
      if ($document.prerendering)
        await new Promise($shown => $listen('prerenderingchange', $shown, true));

      let $url = new URL($options.url || $location, $location).href,
        $silent = !$site || $local == null &&
          /^file|^\w+:..(localhost|127[\d.]+|\[::1])[:/]/.test($location);
      try {
        $silent |= localStorage.mallard_ignore == 'true';
      } catch ($error) {} // Storage is blocked, so nobody asked to be ignored.
      if ($name == 'pageview') {
        $address = $location.href;
        if ($url == $counted) $silent = 1;
        else $previous = $counted, $counted = $url;
      }
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
    } catch ($error) {}
    if ($options.callback) $options.callback();
  };

  // Counts the page if its address up to `$end` is no longer the one that was counted.
  let $moved = $end => $location.href.split($end)[0] != $address.split($end)[0] && $send(),
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
    $listen('pageshow', $event => {
      // The page comes back out of memory: seen again without being loaded.
      if ($event.persisted) $counted = '', $send();
    });
    $send();
  }
}
