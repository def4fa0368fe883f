import { plainName } from "./assignments.ts";
import { nameSays } from "./key-names.ts";
import type { Span } from "./span.ts";
import { isNoValue, looksRandom } from "./values.ts";

const ELEMENT = /<([A-Za-z][\w:.-]{0,60})(?:[ \t][^<>]{0,300})?>([^<]{3,4096})(?=<\/)/g;
const NAMED_ELEMENT =
  /<[A-Za-z][\w:.-]{0,60}[ \t][^<>]{0,200}?\b(?:name|key|id)=["']([^"'<>]{2,80})["'][^<>]{0,200}>([^<]{3,4096})(?=<\/)/g;
const FLAG = /(?<![\w-])--?([A-Za-z][\w-]{2,40})(?:[ \t]|=)(?:"([^"\n]{3,500})"|'([^'\n]{3,500})'|([^\s"'`]{3,500}))/g;
const USER = /(?<=\s(?:-u[ \t]?|--user[ \t=])["']?[^\s:"'`]{1,80}:)[^\s"'`]{3,200}/g;
const PASS =
  /(?<=\b(?:sshpass|mysql|mysqldump|mongosh?|redis-cli|(?:docker|podman|helm registry) login)\b[^\n]{0,80}[ \t]-[pa][ \t]?["']?)[^\s"'`-][^\s"'`]{3,200}/g;
/** `setenv NAME value`, `ENV NAME value`, `SETX NAME "value"`. */
const SET =
  /(?<![\w-])(?:setenv|setx|set[ \t]-[gxU]{1,3}|ENV|ARG)[ \t]{1,8}([A-Za-z_]\w{2,60})[ \t]{1,8}(?:"([^"\n]{3,500})"|'([^'\n]{3,500})'|([^\s"'`]{3,500}))/g;
/** `"value": "…", "name": "DB_PASSWORD"`: what it is stands after it. */
const VALUE_FIRST =
  /\bvalue["']?[ \t]{0,4}[:=][ \t]{0,4}(?:"([^"\n]{3,500})"|'([^'\n]{3,500})'|([^\s"',}]{3,500}))[ \t]{0,4},?[ \t]{0,4}(?:\r?\n[ \t]{0,40})?["']?(?:name|key)["']?[ \t]{0,4}[:=][ \t]{0,4}["']?([\w.-]{3,80})/gi;
const FORM_FIELD = /\bname="([\w.-]{2,80})"\r?\n(?:[\w-]{2,40}:[^\n]{0,200}\n){0,3}\r?\n([^\r\n]{3,500})/gi;
const PAIR = /["']([\w.-]{3,60})["'][ \t]{0,4},[ \t]{0,4}["']([^"'\n]{6,500})["']/g;

const near = (text: string, from: number, value: string, what: string): Span => {
  const start = text.indexOf(value, from);
  return { start, end: start + value.length, what: plainName(what) };
};

const isSecret = (name: string, value: string): boolean => {
  const says = nameSays(name);
  if (says === null || isNoValue(value.trim())) return false;
  return looksRandom(value.trim()) || (says !== "maybe" && !/[\s()]/.test(value.trim()));
};

/** Values in elements, after flags of commands, and in pairs of quoted words. */
export const markedUpSecrets = (text: string): readonly Span[] => [
  ...[...text.matchAll(ELEMENT), ...text.matchAll(NAMED_ELEMENT)].flatMap((found) => {
    const [whole, name = "", value = ""] = found;
    return isSecret(name, value) ? [near(text, found.index + whole.length - value.length, value, name)] : [];
  }),
  ...[...text.matchAll(FLAG)].flatMap((found) => {
    const [, name = "", double, single, bare] = found;
    const value = double ?? single ?? bare ?? "";
    if (value.startsWith("-") || !isSecret(name, value)) return [];
    return [near(text, found.index + name.length + 2, value, name)];
  }),
  ...[...text.matchAll(SET)].flatMap((found) => {
    const [whole, name = "", double, single, bare] = found;
    const value = double ?? single ?? bare ?? "";
    return isSecret(name, value) ? [near(text, found.index + whole.lastIndexOf(value), value, name)] : [];
  }),
  ...[...text.matchAll(VALUE_FIRST)].flatMap((found) => {
    const [, double, single, bare, name = ""] = found;
    const value = double ?? single ?? bare ?? "";
    return isSecret(name, value) ? [near(text, found.index + "value".length, value, name)] : [];
  }),
  ...[...text.matchAll(FORM_FIELD)].flatMap((found) => {
    const [whole, name = "", value = ""] = found;
    return isSecret(name, value) ? [near(text, found.index + whole.length - value.length, value, name)] : [];
  }),
  ...[...text.matchAll(USER), ...text.matchAll(PASS)]
    .filter(([value]) => !isNoValue(value))
    .map((found) => ({ start: found.index, end: found.index + found[0].length, what: "password in a command" })),
  ...[...text.matchAll(PAIR)].flatMap((found) => {
    const [, name = "", value = ""] = found;
    return nameSays(name) !== null && looksRandom(value)
      ? [near(text, found.index + name.length + 2, value, name)]
      : [];
  }),
];
