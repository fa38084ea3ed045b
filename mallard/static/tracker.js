// Mallard's tracking script. It has to stay under 1,024 bytes as served: web/tracker.py takes out
// comments, spaces and needless semicolons, and shortens every name that starts with a dollar sign
// to one letter; names of one letter stay, so that `{ d: $d }` is served as `{d}`.
// It stores nothing, and nothing in it may throw into the page that carries it. What seldom matters is
// in tracker_help.js, which is loaded from the API's own address when something is out of the ordinary;
// what `data-track` asks for beyond views is in tracker_more.js.
{
  let $document = document, $location = location, $history = history,
    // A module has no `currentScript`, and neither has what a tag manager runs.
    { src: $src, dataset: { domain: $d, api: $api, hash: $h, manual: $manual, track: $track } = 0 } =
      $document.currentScript || $document.querySelector('[data-domain]') || 0,
    $view = 'pageview',
    // The page counted last, and the one before it.
    $counted, $previous,

  // Nothing is awaited before the fetch, so that an event sent just before leaving goes out.
  $send = async ($n = $view, $options = 0, $u) => {
    try {
      $api ||= new URL('/api/event', $src);
      // What is opened in the background, or prerendered, counts when it is shown, if ever: there is
      // no URL of it then, and tracker_help.js waits.
      $u = new URL($options.url || $location, $document.hidden & !$counted || $location);
      $h ?? ($u.hash = '');
      if ($n != $view || $u != $counted && ($previous = $counted, $counted = '' + $u)) (
        // Only what the server is sure to take goes out from here, from hosts whose name has a dot in
        // front of a letter. `$u` is the URL, then the body, then the answer; calling it throws.
        /n":"[^"\\]{1,99}"(,"(ra":\d{1,9}(\.\d+)?|rc":"[A-Z]{3}"|p":{[^\\]*}))*}$/.test(
          $u = JSON.stringify({
            d: $d,
            u: $u,
            r: $previous || $document.referrer,
            w: innerWidth,
            h: $h,
            b: navigator.webdriver,
            n: $n,
            ra: $options.revenue,
            rc: $options.currency,
            p: $options.props // The last, so that nothing but an object ends like one.
          })
        ) & !$u[2e3] && $d && /\.\D/.test($location.host) & !localStorage.mallard_ignore &&
        // A body that is a string is sent as text/plain, which needs no preflight.
        ($u = await fetch($api, {
          method: 'POST',
          keepalive: 1,
          credentials: 'omit',
          body: $u
        }))
      ).ok & !$track || $u()
    } catch {
      // With `data-track` also what has arrived is thrown here: tracker_more.js is told of it.
      await import($api + ($u?.ok ? '/../../mallard.track.js' : '.js'))
        .then($more => $more.a($u, $n, $options), $error => $error)
    } $options?.callback?.()
  },

  // Counts the page if its URL is another one afterwards; after replaceState, only if its path is.
  $watch = ($method, $original = $history[$method += 'State']) =>
    $history[$method] = function (...$args) {
      $manual = $location.pathname; // The name is free by now.
      $args = $original.apply(this, $args);
      $method[9] && $manual == $location.pathname || $send();
      return $args
    };

  // A second copy of the tag, or one run again by a router, changes nothing.
  $history.m ||= (
    $manual ?? (
      $watch('push'),
      $watch('replace'),
      // Browsers fire the first for a new fragment, too. By the other a page comes back out of memory:
      // seen again without being loaded.
      ['popstate', 'pageshow'].map($name => addEventListener($name, $event => (
        $counted = !$event.persisted && $counted,
        $send()
      ))),
      $send()
    ),
    // What the page has called before this script was there: a function of its own kept it.
    self.mallard?.q?.map($call => $send(...$call)),
    self.mallard = $send
  )
}
