import { plainName } from "./assignments.ts";
import type { Span } from "./span.ts";
import { isNoValue, looksRandom, standsOut } from "./values.ts";

/** Words of people for a secret; those of other tongues that a mailbox is likely to hold among them. */
const WORDS =
  /(?<![\p{L}\p{N}/_=?&@-])(?<!⟦secret kept back: [^⟦⟧\n]{0,120})(?!(?<=⟦)secret kept back: )(?:pass(?:word|phrase|code)s?|pwd|pw|secrets?|(?:access |auth |api |bot |refresh |bearer |session |security |deploy )?tokens?|(?:api|access|private|secret|license|licence|signing|encryption|master|recovery|deploy)[ _-]keys?|credentials?|creds|(?:recovery|backup|access) codes?|pin|ssn|social security number|cvv|cvc|\.env[\w.-]{0,20}|passwort|passwörter|kennwort|zugangsdaten|mot de passe|contraseña|senha|wachtwoord|hasło|lösenord|пароль|密码|密碼|パスワード|비밀번호)(?![\p{L}\p{N}/_=-])/giu;
const SENTENCE_END = /[.!?](?:\s|$)|\n\s*\n/;
const AFTER = 140;
const BEFORE = 60;
const TOKEN = /[^\s"'`“”‘’«»()[\]{}<>|,;]{4,500}/g;
const SAYS_SO =
  /^["'`”’)\]]{0,2}\s{0,3}(?:(?:for|of|to|at|on)\s[^\n.:=]{1,60}?\s)?(?:is|are|was|:|=|=>|->|→|ist|lautet|est|es|é)\s{0,3}(?:now\s|still\s|set to\s|called\s)?["'`“‘«]{0,2}$/iu;
/** What follows are the values themselves: "the `.env` values (A, B)". */
const LISTED = /^["'`”’]{0,2}\s{1,3}(?:file'?s?\s)?(?:values?|contents?)\s{0,2}[:=(][^\n)]*$/iu;
const SAID_BEFORE = /^["'`”’»)!.]{0,2}\s(?:is|as|for|was)\s(?:\p{L}+\s){0,4}$/iu;

/** A token without the full stop or bracket that ends its sentence. */
const trimmed = (token: string): string => token.replace(/[.,;:!?)\]}*_]+$/, "");

/** Told outright, even an easy password counts, if it is no plain word: "the password is swordfish1". */
const toldOutright = (value: string, quoted: boolean): boolean =>
  !isNoValue(value) &&
  !/[\][(){}]/.test(value) &&
  (looksRandom(value) ||
    (value.length >= 4 && /[\d\p{S}@#!?%&*]/u.test(value) && /\p{L}/u.test(value) && !/[/:]/.test(value)) ||
    (quoted && value.length >= 6 && /^\S+$/.test(value)));

/** In source code most long words are names: only those that no language could take for one stand out there. */
const standsOutIn = (value: string, code: boolean): boolean =>
  standsOut(value) && (!code || (/^[\w+/=-]{16,}$/.test(value) && /\d[A-Za-z]+\d/.test(value)));

const after = (text: string, from: number, word: string, code: boolean): readonly Span[] => {
  const reach = text.slice(from, from + AFTER);
  const stop = reach.search(SENTENCE_END);
  const window = stop < 0 ? reach : reach.slice(0, stop + 1);
  return [...window.matchAll(TOKEN)].flatMap((found) => {
    const value = trimmed(found[0]);
    const start = from + found.index;
    const told =
      !code &&
      !/s$/i.test(word) &&
      !/[*[#]/.test(value[0] ?? "") &&
      SAYS_SO.test(window.slice(0, found.index)) &&
      toldOutright(value, /["'`“‘«]/.test(window[found.index - 1] ?? ""));
    const listed = value.length >= 8 && /[\d_]/.test(value) && LISTED.test(window.slice(0, found.index));
    if (!told && !listed && !standsOutIn(value, code)) return [];
    // A token that the window cut off goes on to its own end.
    const end = found.index + found[0].length === reach.length ? endOf(text, start) : start + value.length;
    return [{ start, end, what: plainName(word) }];
  });
};

const WHOLE_TOKEN = new RegExp(TOKEN.source, "y");

const endOf = (text: string, start: number): number => {
  WHOLE_TOKEN.lastIndex = start;
  return start + trimmed(WHOLE_TOKEN.exec(text)?.[0] ?? "").length;
};

const before = (text: string, at: number, word: string, code: boolean): readonly Span[] => {
  const from = Math.max(0, at - BEFORE);
  const window = text.slice(from, at);
  return [...window.matchAll(TOKEN)].flatMap((found) => {
    const value = trimmed(found[0]);
    if (found.index === 0 && from > 0) return [];
    if (!standsOutIn(value, code) || !SAID_BEFORE.test(window.slice(found.index + value.length))) return [];
    return [{ start: from + found.index, end: from + found.index + value.length, what: plainName(word) }];
  });
};

/** Secrets that a sentence tells: "the password is …", "use … as token". */
export const toldSecrets = (text: string, code: boolean): readonly Span[] =>
  [...text.matchAll(WORDS)].flatMap((found) => [
    ...after(text, found.index + found[0].length, found[0], code),
    ...before(text, found.index, found[0], code),
  ]);
