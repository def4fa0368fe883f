/** What every response carries: the page may load and call its own origin only, and nobody may frame, sniff or embed it. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
});

/** The same with the API's caching rule: answers about people are kept nowhere. */
export const API_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  ...SECURITY_HEADERS,
  "Cache-Control": "no-store",
});

/** The names by which a machine calls itself: what is learnt of them would count for every other program on it. */
const OWN_NAMES = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** Strict-Transport-Security (RFC 6797) for an answer by https under that Host: two years; undefined for this machine's own names. */
export const transportSecurity = (host: string | undefined): string | undefined =>
  host === undefined || OWN_NAMES.test(host) ? undefined : "max-age=63072000";
