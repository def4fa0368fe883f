import type { ArgumentRole } from "@moltbot/contracts";
import { bare } from "./token.ts";

export type Shape = "email" | "url" | "handle" | "id" | "path" | "word";

const EMAIL = /^[^\s@<>()[\]{},;:"'`=?&|/\\]+@[^\s@<>()[\]{},;:"'`=?&|/\\]+\.[^\s@<>()[\]{},;:"'`=?&|/\\.]+$/u;
const URL_LIKE = /^https?:\/\/\S+$/u;
/** A host as people write it, with what may follow: `www.example.org/news`. */
const BARE_URL = /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,62})\.){1,10}\p{L}{2,24}(?::\d{1,5})?(?:[/?#]\S*)?$/u;
const HANDLE = /^[@#][\p{L}\p{N}_][\p{L}\p{N}_.-]+$/u;
/** IBANs, long numbers, UUIDs, hashes: at least six characters, digits among them. */
const ID = /^(?=.*\d)(?:[A-Z]{2}\d{2}[A-Z0-9]{8,30}|\+?\d{6,}|[0-9a-fA-F][0-9a-fA-F-]{5,}|[A-Z][A-Z0-9]*-\d+)$/u;
const PATH = /^(?!.*:\/\/)(?:[^\s"'`]*\/[^\s"'`]+|[^\s/"'`@]+\.[A-Za-z][A-Za-z0-9]{0,4})$/u;
const WORD = /^[\p{L}\p{N}][\p{L}\p{N}_.'’-]*(?: [\p{L}\p{N}][\p{L}\p{N}_.'’-]*){0,3}$/u;

/** What a value looks like; null when it looks like nothing that a sentence names. A file's name in the place of a url is a host's. */
export const shapeOf = (value: string, role?: ArgumentRole): Shape | null => {
  if (role === "url" && BARE_URL.test(value)) return "url";
  if (EMAIL.test(value)) return "email";
  if (URL_LIKE.test(value)) return "url";
  if (HANDLE.test(value)) return "handle";
  if (ID.test(value)) return "id";
  if (PATH.test(value)) return "path";
  return WORD.test(value) ? "word" : null;
};

const FITTING: Readonly<Partial<Record<ArgumentRole, readonly Shape[]>>> = {
  recipient: ["email", "handle", "id", "word"],
  account: ["id", "word"],
  url: ["url"],
  path: ["path", "word"],
  command: ["word"],
  identifier: ["id", "handle", "word"],
  time: ["word"],
};

/** Whether a value that looks like this may stand in the role. */
export const suitsRole = (shape: Shape, role: ArgumentRole): boolean => FITTING[role]?.includes(shape) === true;

/** Anything that might be another value of the shape: told loosely, since one too many only leads to a question. */
const LIKE: Readonly<Record<Exclude<Shape, "word">, RegExp>> = {
  email: /@/u,
  handle: /[@#]/u,
  url: /:\/\/|www\.|^[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+\//u,
  id: /\d.*\d.*\d.*\d/u,
  path: /[/\\]|\.[A-Za-z][A-Za-z0-9]{0,4}$/u,
};

/** Beside a host without a scheme, whatever has a dot inside may be another. */
const LIKE_BARE_URL = /:\/\/|\p{L}\.\p{L}|\p{N}\.\p{L}/u;

const likeOf = (value: string, shape: Exclude<Shape, "word">): RegExp =>
  shape === "url" && !URL_LIKE.test(value) ? LIKE_BARE_URL : LIKE[shape];

/** Whether no other value of that shape stands anywhere in the message, quoted lines and all. A plain word never is alone. */
export const isOnlyOne = (value: string, shape: Shape, message: string): boolean =>
  shape !== "word" &&
  message
    .split(/\s+/u)
    .map(bare)
    .every((token) => token === value || !likeOf(value, shape).test(token));

const LETTER = /\p{L}/u;
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
];

/** Letters of two alphabets that look alike in one word: somebody passes one name off as another. */
export const mixesScripts = (value: string): boolean =>
  value
    .split(/[^\p{L}\p{M}]+/u)
    .some((word) => LETTER.test(word) && SCRIPTS.filter((script) => script.test(word)).length > 1);
