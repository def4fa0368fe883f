/** What a request may do to a host. */
export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;
export type HttpMethod = (typeof HTTP_METHODS)[number];

const SHAPE = /^https?:\/\/[^/?#\\]+(\/[^?#]*)?(?:[?#]|$)/i;
/** Encoded dots, slashes, backslashes, nulls and percent signs: servers disagree about what they mean. */
const DISGUISED = /%(?:2e|2f|5c|00|25)/i;
const UP = /^\.{1,2}(?:;|$)/;

/** The path of a web address, without its query; null where it is not written in the one way that every server reads alike. */
export const plainPathOf = (url: string): string | null => {
  if (!/^[\x21-\x7e]*$/.test(url)) return null;
  const shape = SHAPE.exec(url);
  if (shape === null) return null;
  const path = shape[1] ?? "/";
  if (path.includes("\\") || path.includes("//") || DISGUISED.test(path)) return null;
  return path.split("/").some((step) => UP.test(step)) ? null : path;
};

/** Whether a path is a prefix's own or lies under it, step by step: `/v1` holds `/v1` and `/v1/a`, and not `/v10`. */
export const isPathUnder = (path: string, prefix: string): boolean =>
  prefix.startsWith("/") &&
  plainPathOf(`http://h${prefix}`) === prefix &&
  (path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`));
