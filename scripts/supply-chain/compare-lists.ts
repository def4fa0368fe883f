// A list as it was reviewed beside what is loaded now: each difference becomes one sentence that says what to look at.
import { linesOf } from "./list-text.ts";

type Parsed = { readonly version: string; readonly marks: readonly string[]; readonly from: readonly string[] };

const SHAPE = /^(\S+) (@?[^@\s]+)(?:@(\S+))?(?: \[([^\]]*)\])?(?: from (.*))?$/;

function byThing(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const things = new Map<string, string[]>();
  for (const line of lines) {
    const key = /^\S+ @?[^@\s]+/.exec(line)?.[0] ?? line;
    things.set(key, [...(things.get(key) ?? []), line]);
  }
  return things;
}

function parse(line: string): Parsed {
  const [, , , version = "", marks = "", from = ""] = SHAPE.exec(line) ?? [];
  return { version, marks: marks.split(" ").filter(Boolean), from: from.split(", ").filter(Boolean) };
}

const added = (before: readonly string[], after: readonly string[]): string =>
  after.filter((word) => !before.includes(word)).join(", ");

function changed(thing: string, before: string, after: string): readonly string[] {
  const [was, is] = [parse(before), parse(after)];
  const [gained, lost] = [added(was.marks, is.marks), added(is.marks, was.marks)];
  const [askers, gone] = [added(was.from, is.from), added(is.from, was.from)];
  return [
    ...(was.version === is.version ? [] : [`${thing} changed from ${was.version} to ${is.version}`]),
    ...(gained === "" ? [] : [`${thing} is now marked ${gained}`]),
    ...(lost === "" ? [] : [`${thing} is no longer marked ${lost}`]),
    ...(askers === "" ? [] : [`${thing} is now loaded by ${askers} too`]),
    ...(gone === "" ? [] : [`${thing} is no longer loaded by ${gone}`]),
  ];
}

/** The unreviewed differences of one program's list, in sentences; none when `reviewed` says what `current` says. */
export function compareLists(program: string, reviewed: string, current: readonly string[]): readonly string[] {
  const [old, now] = [byThing(linesOf(reviewed)), byThing(current)];
  const said: string[] = [];
  for (const [thing, lines] of now) {
    const before = old.get(thing) ?? [];
    const fresh = lines.filter((line) => !before.includes(line));
    const lost = before.filter((line) => !lines.includes(line));
    const [one, other] = [lost[0], fresh[0]];
    if (one !== undefined && other !== undefined && lost.length === 1 && fresh.length === 1) {
      said.push(...changed(thing, one, other));
    } else {
      said.push(...fresh.map((line) => `new: ${line}`), ...lost.map((line) => `gone: ${line}`));
    }
  }
  for (const [thing, lines] of old) if (!now.has(thing)) said.push(...lines.map((line) => `gone: ${line}`));
  // Order and repetition carry no meaning, and are still not what was accepted.
  if (said.length === 0 && linesOf(reviewed).join("\n") !== current.join("\n")) said.push("the list is not in order");
  return said.map((sentence) => `${program}: ${sentence}`);
}
