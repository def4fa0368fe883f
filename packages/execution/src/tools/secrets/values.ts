/** Words that stand where a secret could stand, and are none. */
const PLAIN_WORDS = new Set(
  (
    "true false null nil none undefined yes no on off empty default unset required optional expired invalid valid missing " +
    "string str text bytes byte number int integer boolean bool any unknown object array list dict map optional void never " +
    "secretstr char varchar password passwords token tokens secret secrets key keys auth credential credentials cookie session " +
    "redacted masked hidden changed unchanged incorrect correct wrong empty disabled enabled local basic bearer oauth oauth2 jwt " +
    "and or not the a an is are was to for of in it this that your my our here below above see ask used n/a tbd todo"
  ).split(" "),
);

/** A slot, a reference to where the secret really lies, or our own mark. */
const REFERENCE =
  /^(?:⟦|\$[\w({]|\{\{|[~^]\d|[<>]=?\d|<[^<>]{0,80}>|%\w+%|%[sdv]|@[A-Z_]|\*+$|x{3,}$|X{3,}$|\.{2,}|…|#|!|\/\*|(?:your|my|the|some|example|sample|dummy|placeholder|insert|replace|change)[-_ ]?(?:own|me|this|with|in|password|secret|token|api|key|value|here)(?:[-_ ](?:own|me|this|with|in|password|secret|token|api|key|value|here))*$|process\.env|import\.meta|os\.(?:environ|getenv)|env[.[(]|ENV\[|System\.|config\.|settings\.|self\.|this\.|vault:|secret:\/\/|op:\/\/|arn:|file:|\[secret|\[redacted)/i;

/** Whether the value is none: empty, a word of the language, a reference, a slot. */
export const isNoValue = (whole: string): boolean => isNone(whole.slice(0, 400));

/** `$Tr0ub4dor-x9`: no shell has a variable of that name. */
const STARTS_WITH_DOLLAR = /^\$(?=\w*\d[A-Za-z])(?=\w*[a-z])(?=\w*[A-Z])[\w!-]{8,}$/;

const isNone = (value: string): boolean =>
  value.length < 3 ||
  PLAIN_WORDS.has(value.toLowerCase().replace(/[.,;:!?)\]]+$/, "")) ||
  (REFERENCE.test(value) && !STARTS_WITH_DOLLAR.test(value)) ||
  PATH.test(value.slice(0, 512)) ||
  /^[^\p{L}\p{N}]*$/u.test(value);

/** A place in a file tree, which no password looks like. */
const PATH = /^(?:(?:\.{1,2}|~)\/|(?:\/[a-z][a-z._-]{0,40}){2,20}$)/;

const ORDINARY =
  /^(?:https?:\/\/|\.{0,2}\/|~\/|[A-Za-z]:\\|[\w.+-]{1,100}@[\w-]|\d{4}-\d\d?-\d\d?|\+?[\d.,:/()%+_-]+$|v?\d{1,5}(?:\.\d{1,6})+|[\d.,]+[A-Za-z%]{1,4}$|sha(?:1|256|384|512)[-:])/;
/** Words joined by signs, perhaps with a short number at an end: names of things. */
const NAME_OF_THING = /^(?:[a-z]+|[A-Z][a-z]+|[A-Z]+)(?:[-_./:](?:[a-z]+|[A-Z][a-z]+|[A-Z]+|\d{1,4}))*\d{0,3}$/;
const FILE_NAME = /^[\w-]{1,60}(?:\.[a-z]{1,5}\d?){1,2}$/;
const CAMEL = /^[a-z]{2,}\d{0,2}(?:[A-Z][a-z]+\d{0,2})+$/;
const PASCAL = /^(?:[A-Z][a-z]+\d{0,2}){2,}$/;

const classesOf = (value: string): number =>
  Number(/\p{Ll}/u.test(value)) +
  Number(/\p{Lu}/u.test(value)) +
  Number(/\d/.test(value)) +
  Number(/[^\p{L}\d\s_.\-/:]/u.test(value));

const CHANGES = /\d(?=[A-Za-z])|[A-Za-z](?=\d)/g;

/** A part in capitals beside a part in small letters: no convention writes names so. */
const mixesCases = (value: string): boolean => {
  if (!/^[\w-]+$/.test(value)) return false;
  const parts = value.split(/[-_]/);
  const capitals = parts.filter((part) => /^[A-Z]{2,}$/.test(part)).length;
  return capitals > 0 && parts.some((part) => /^[a-z0-9]{5,}$/.test(part) && (capitals > 1 || /\d/.test(part)));
};

const bitsPerCharacter = (value: string): number => {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts.values()].reduce((sum, count) => sum - (count / value.length) * Math.log2(count / value.length), 0);
};

/** Whether the value looks made by a generator or chosen as a password, and not like a name, a number or an address. */
export const looksRandom = (value: string): boolean => {
  const part = value.slice(0, 256);
  if (part.length < 6 || /\s/.test(part) || isNone(part)) return false;
  if (mixesCases(part)) return true;
  if (ORDINARY.test(part) || NAME_OF_THING.test(part) || FILE_NAME.test(part) || CAMEL.test(part) || PASCAL.test(part))
    return false;
  if (classesOf(part) >= 3) return part.length >= 6;
  if (/\d/.test(part) && /\p{L}/u.test(part)) return (part.match(CHANGES)?.length ?? 0) >= 2 || part.length >= 16;
  return part.length >= 20 && bitsPerCharacter(part) >= 3.6;
};

/** Stricter, for prose: what looks random and is no name with a number in it. */
export const standsOut = (value: string): boolean =>
  looksRandom(value) &&
  (mixesCases(value) || (value.length >= 8 && classesOf(value) >= 3) || (value.length >= 20 && !/[-_./:]/.test(value)));
