import type { SignedRequest } from "@moltbot/contracts";

const FIELD = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const PRINTABLE = /^[\t\x20-\x7e]*$/;

/** What a component of a message is; null for one that it does not have, or that nobody here knows. */
export type ValueOf = (component: string) => string | null;

const urlOf = (url: string): URL | null => (URL.canParse(url) ? new URL(url) : null);

/**
 * Components of a request (RFC 9421, 2.1 and 2.2), as it came in: nothing is decoded, sorted or completed. `@target-uri` is the one
 * that a policy should ask for, because it leaves nothing of the address out.
 */
export const componentsOfRequest =
  ({ method, url, headers }: SignedRequest): ValueOf =>
  (component) => {
    switch (component) {
      case "@method":
        return method;
      case "@target-uri":
        return url;
      case "@authority":
        return urlOf(url)?.host ?? null;
      case "@scheme":
        return urlOf(url)?.protocol.slice(0, -1) ?? null;
      case "@path":
        return urlOf(url)?.pathname ?? null;
      case "@query":
        return urlOf(url) === null ? null : url.slice(url.includes("?") ? url.indexOf("?") : url.length) || "?";
      default:
        return FIELD.test(component) && Object.hasOwn(headers, component)
          ? (headers[component]?.map((value) => value.trim()).join(", ") ?? null)
          : null;
    }
  };

/** The text that is signed (RFC 9421, 2.5), or the component that cannot be had. */
export const signatureBase = (
  components: readonly string[],
  described: string,
  valueOf: ValueOf,
): { readonly text: string } | { readonly missing: string } => {
  const lines: string[] = [];
  for (const component of components) {
    const value = valueOf(component);
    // A line break in a value would be a line of the base that nobody meant.
    if (value === null || !PRINTABLE.test(value)) return { missing: component };
    lines.push(`"${component}": ${value}`);
  }
  return { text: [...lines, `"@signature-params": ${described}`].join("\n") };
};
