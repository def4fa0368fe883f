/** The gateway takes no longer secret. */
export const LONGEST_SECRET = 16_384;

/** The kinds of secret that a name can tell of. */
export type NamedKind = "api-key" | "token" | "password" | "other";

/** Whether a name says that what it holds is a secret. */
const SECRET = /(^|[^a-z])(api[_-]?key|key|token|secret|passw(or)?d|passphrase|credentials?|auth|pat)s?([^a-z]|$)/i;
const CAMEL = /(apiKey|Token|Secret|Password|Passphrase|PrivateKey)$/;

export const looksSecret = (name: string): boolean => SECRET.test(name) || CAMEL.test(name);

/** What a thing is called in the vault: lower case, digits, dots and dashes, as the gateway takes it. */
export const secretNameOf = (name: string): string => {
  const plain = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, "-")
    .replaceAll(/^[.-]+|[.-]+$/g, "")
    .slice(0, 64);
  return plain === "" ? "imported" : plain;
};

/** What kind of secret a name tells of. */
export const kindOfName = (name: string): NamedKind => {
  if (/passw(or)?d|passphrase/i.test(name)) return "password";
  if (/token|(^|[^a-z])pat([^a-z]|$)/i.test(name)) return "token";
  if (/key/i.test(name)) return "api-key";
  return "other";
};

/** A value that stands for one: a reference to a variable, or what a tool put in the place of a secret. */
export const isPlaceholder = (value: string): boolean =>
  value.trim() === "" ||
  /^\$\{?[A-Za-z_][A-Za-z0-9_]*\}?$/.test(value) ||
  /^(env|file|exec|secret|op|vault):/.test(value) ||
  /^[<[].*[>\]]$/.test(value) ||
  /redacted|^\*+$|^x{4,}$|changeme|your[-_ ]?(api[-_ ]?)?(key|token)/i.test(value);
