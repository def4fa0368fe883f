import { plainName } from "./assignments.ts";
import { nameSays } from "./key-names.ts";
import type { Span } from "./span.ts";
import { isNoValue, looksRandom } from "./values.ts";

/** Notations that set a name and its value apart: the first group is the name, the last that matched is the value. */
const NOTATIONS: readonly RegExp[] = [
  // `a = b ?? "value"`
  /(?<![\w$.-])([A-Za-z_$][\w$.]{2,60})[ \t]{0,4}[:=][^\n"'`=]{1,120}(?:\?\?|\|\|)[ \t]{0,4}["'`]([^"'`\n]{4,200})(?=["'`])/g,
  // a line that goes on in the next, in files of properties
  /(?<![\w.-])([A-Za-z_][\w.-]{2,60})[ \t]{0,4}[:=][ \t]{0,4}\\\r?\n[ \t]{0,40}(\S{3,500})/g,
  // `name = <<EOF`
  /(?<![\w.-])([A-Za-z_][\w.-]{2,60})[ \t]{0,4}=[ \t]{0,4}<<[-~]?["']?[A-Z_]{2,20}["']?\r?\n[ \t]{0,40}(\S{3,2000})/g,
  // `variable "db_password" { default = "…" }`
  /\bvariable[ \t]{1,4}"([\w-]{3,80})"[ \t]{0,4}\{[^{}"]{0,400}?\bdefault[ \t]{0,20}=[ \t]{0,4}"([^"\n]{3,500})(?=")/g,
  // a heading over the value
  /^#{1,6}[ \t]([^\n#]{2,60})\r?\n(?:[ \t]*\r?\n)?[ \t`*]{0,4}([^\s`*]{6,200})[ \t`*]{0,4}$/gm,
  // a row of a table
  /\|[ \t]{0,20}[*`]{0,2}([A-Za-z][\w.-]{2,60})[*`]{0,2}[ \t]{0,40}\|[ \t]{0,20}[*`]{0,2}([^\s|`*]{6,200})[*`]{0,2}[ \t]{0,40}(?=\|)/g,
];
/** A browser's cookies as a file: host, two switches, path, time, name, value. */
const COOKIES = /(?<=^\S{3,200}\t(?:TRUE|FALSE)\t\S{1,200}\t(?:TRUE|FALSE)\t\d{1,12}\t\S{1,100}\t)\S{6,4096}/gm;

/** Values that stand apart from their names: in the next line, behind another value, in the next cell. */
export const secretsBeside = (text: string): readonly Span[] => [
  ...NOTATIONS.flatMap((notation) =>
    [...text.matchAll(notation)].flatMap((found) => {
      const [whole, name = "", value = ""] = found;
      if (nameSays(name) === null || isNoValue(value) || !looksRandom(value)) return [];
      const start = found.index + whole.lastIndexOf(value);
      return [{ start, end: start + value.length, what: plainName(name) }];
    }),
  ),
  ...[...text.matchAll(COOKIES)].map((found) => ({
    start: found.index,
    end: found.index + found[0].length,
    what: "cookie",
  })),
];
