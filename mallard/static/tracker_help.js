// What mallard.js leaves to this file, which it loads when something is out of the ordinary: it says in
// the console why nothing is counted, and makes of what the server would refuse what it takes.

const MAX_URL = 2048;
const MAX_NAME = 256;
const MAX_PROPS = 4096;
const MAX_DEPTH = 100;
const MAX_AMOUNT = 9999999999.99;

const API = import.meta.url.slice(0, -'.js'.length);
const READ = /^(utm_\w+|ref|source)=/;
const LOCAL = /^(localhost|127[\d.]+|\[::1]|)$/;
// As in tracker.js: what fits has been sent from there.
const FITS =
  /n":"[^"\\]{1,99}"(,"(ra":\d{1,9}(\.\d+)?|rc":"[A-Z]{3}"|p":{[^\\]*}))*}$/;

// As the server says it of pages that are no site's of its own.
const FOREIGN = /^the Origin /;
// As the server says it of an address that it has signed, and where one takes that back.
const IGNORED = /to be ignored/;
const COUNTED_AGAIN = /[?&]mallard-ignore=no(?![^&])/;

const said = new Set();

// Everything that mallard.js hands over: `sent` is the refusal of what was sent, the body that was not
// sent or not answered, or of an event that is no JSON its URL.
export async function a(sent, name, options) {
  try {
    if (sent && sent.headers) return say(await refusal(sent));
    if (!sent && (document.hidden || !options?.again)) return await later(name, options);
    const tag = find();
    const fields = typeof sent == 'string' ? JSON.parse(sent) : fieldsOf(tag, sent);
    const why = silence(tag, fields);
    if (why) return say(why);
    if (isOnItsWay(sent)) return say(`an event did not get through to ${API}`);
    await send({ ...fields, ...mended(fields, name, options) });
  } catch (error) {
    say(`an event could not be sent: ${error}`);
  }
}

// What is opened in the background, or prerendered, counts when it is shown, if ever: frames are drawn of
// nothing before. It may also have been shown while this file was on its way. mallard.js has to count it,
// so that it knows what is counted; it calls the callback itself when this is over. What has no URL then
// has none for another reason.
async function later(name, options) {
  if (document.hidden) await new Promise(requestAnimationFrame);
  await self.mallard(name, { ...options, callback: undefined, again: true });
}

function say(why) {
  if (!said.has(why)) console.warn(`Mallard: ${why}.`);
  said.add(why);
}

async function refusal(answer) {
  const text = await answer.text();
  let reason;
  try {
    reason = JSON.parse(text).error;
  } catch {
    reason = 'is this the address of Mallard? data-api says where it is';
  }
  if (IGNORED.test(reason)) return ignore();
  if (FOREIGN.test(reason)) reason += `; if it is to be one, add "${location.hostname}" to its site_ids`;
  return `an event was refused by ${API} (${answer.status}): ${reason}`;
}

// The script's own tag: the one whose API is here, else any that names a site.
function find() {
  const tags = [...document.querySelectorAll('[data-domain]')];
  const isOwn = tag => {
    try {
      return '' + new URL(tag.dataset.api || '/api/event', tag.src || location) == API;
    } catch {
      return false;
    }
  };
  return tags.find(isOwn) || tags[0];
}

function fieldsOf(tag, url) {
  const { domain, hash } = tag ? tag.dataset : {};
  const page = '' + (url || location);
  return {
    d: domain,
    u: hash == null ? page.split('#')[0] : page,
    r: document.referrer,
    w: innerWidth,
    h: hash,
    b: navigator.webdriver
  };
}

function silence(tag, fields) {
  if (!fields.d) return 'nothing is counted, for the tag has no data-domain';
  if (LOCAL.test(location.hostname) && (!tag || tag.dataset.local == null))
    return 'nothing is counted on this machine, unless the tag has data-local';
  if (isIgnored() && COUNTED_AGAIN.test(location.search)) return countAgain();
  if (isIgnored()) return 'nothing is counted, for mallard_ignore is true in localStorage';
}

// Only here is anything ever stored: in the browser of whoever opens a link that the site's own Mallard
// has signed, until the other link is opened there.
function ignore() {
  try {
    localStorage.mallard_ignore = 'true';
    return 'this browser is not counted on this site from now on';
  } catch {
    return 'this browser keeps no storage, so it is still counted';
  }
}

function countAgain() {
  delete localStorage.mallard_ignore;
  return 'this browser is counted on this site again, from the next page on';
}

function isIgnored() {
  try {
    return localStorage.mallard_ignore == 'true';
  } catch {
    return false; // Storage is blocked, so nobody asked to be ignored.
  }
}

// Whether mallard.js has tried to send this itself.
function isOnItsWay(body) {
  try {
    return typeof body == 'string' && FITS.test(body) && !body[2000] &&
      /\.\D/.test(location.host) && !localStorage.mallard_ignore;
  } catch {
    return false;
  }
}

async function send(fields) {
  // A lone half of a character is no text, and JSON with one is refused.
  const body = JSON.stringify(fields).replace(/\\\\|\\ud.../g, found => found[2] ? '\ufffd' : found);
  const answer = await fetch(API, { method: 'POST', keepalive: true, credentials: 'omit', body });
  if (!answer.ok) say(await refusal(answer));
}

function mended(fields, name, options) {
  const { props, revenue, currency } = options || {};
  if (name == null || name === '') throw new Error('it has no name');
  return {
    u: short(fields.u),
    r: short(fields.r),
    n: [...String(name)].slice(0, MAX_NAME).join(''),
    p: object(props),
    ra: amount(revenue),
    rc: code(currency)
  };
}

// An address that is too long loses the parameters that nobody reads, then its end.
function short(url) {
  if (url.length <= MAX_URL) return url;
  const [, page, query, fragment] = /^([^?#]*)\??([^#]*)([^]*)$/.exec(url);
  const kept = query.split('&').filter(pair => READ.test(pair)).map(pair => pair.slice(0, 300));
  const whole = page + (kept.length ? '?' + kept.join('&') : '') + fragment;
  // It does not end within a character.
  return whole[MAX_URL] ? whole.slice(0, MAX_URL).replace(/(%[c-f].(%[89ab].)*)?(%.?)?$/i, '') : whole;
}

// Properties are sent if they are an object that fits.
function object(props) {
  try {
    const text = typeof props == 'string' ? props : JSON.stringify(props, plain);
    const found = JSON.parse(text);
    const isObject = found && typeof found == 'object' && !Array.isArray(found);
    const fits = JSON.stringify(found).length <= MAX_PROPS && depth(found) <= MAX_DEPTH;
    return isObject && fits ? found : undefined;
  } catch {
    return undefined;
  }
}

function plain(key, value) {
  return typeof value == 'bigint' ? String(value) : value;
}

function depth(value) {
  return value && typeof value == 'object' ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;
}

function amount(value) {
  if (!['number', 'bigint', 'string'].includes(typeof value)) return undefined;
  const number = typeof value == 'string' ? parsed(value) : Number(value);
  return Math.abs(number) <= MAX_AMOUNT ? number : undefined;
}

// The number in a text such as "49,90 €" or "$1,234.50"; NaN when there is none, or more than one.
function parsed(text) {
  if (text.trim() && isFinite(text)) return Number(text);
  const joined = text.replace(/(\d)[\s'’](?=\d{3}(?!\d))/g, '$1');
  const found = joined.match(/\d[\d.,]*/g);
  if (!found || found.length > 1) return NaN;
  const digits = found[0].replace(/[.,]+$/, '');
  const marks = digits.match(/[.,]/g) || [];
  const end = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
  // The last mark begins the cents, unless it is one of thousands: "1.234 €", "1,234,567".
  const isWhole = new Set(marks).size == 1 && (marks.length > 1 || digits.length - end == 4);
  const [whole, cents] = isWhole || end < 0 ? [digits, '0'] : [digits.slice(0, end), digits.slice(end + 1)];
  const sign = /[-−]/.test(joined.split(found[0])[0]) ? -1 : 1;
  return sign * Number(whole.replace(/[.,]/g, '') + '.' + cents);
}

function code(currency) {
  const text = typeof currency == 'string' ? currency.trim() : '';
  return /^[a-z]{3}$/i.test(text) ? text : undefined;
}
