import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";

const Item = z.looseObject({
  id: z.union([z.string().min(1).max(200), z.number().transform(String)]),
  argv: z.array(z.string()).min(1).exactOptional(),
  script: z.string().min(1).exactOptional(),
  expectDenied: z.boolean(),
});

/** One program: what it is after must stay out of its reach, or, where nothing is wrong with it, it has to work. */
export interface ExecCase {
  readonly id: string;
  readonly what: { readonly argv: readonly string[] } | { readonly script: string };
  readonly expectDenied: boolean;
}

const wrong = (problem: string): Result<never> => err(moltbotError("USAGE", { problem }));

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What each part has to be, where a part is none. */
const PARTS: Readonly<Record<string, string>> = {
  "": "it is no object",
  id: "“id” is no text and no number",
  argv: "“argv” is no list of words with a program in it",
  script: "“script” is no text",
  expectDenied: "“expectDenied” is neither true nor false",
};
const faultOf = (path: string): string => PARTS[path] ?? `“${path}” is no text`;

/** The cases of a corpus `{ "items": [{ "id", "argv" or "script", "expectDenied" }] }`; USAGE says which of them is none, and why. */
export const readExecCorpus = (text: string): Result<readonly ExecCase[]> => {
  const given = jsonOf(text);
  if (given === undefined) return wrong("This is no JSON.");
  const listed = z.looseObject({ items: z.array(z.unknown()) }).safeParse(given);
  if (!listed.success) return wrong("This is no corpus of the kind “exec”: it has no list “items”.");
  if (listed.data.items.length === 0) return wrong("This corpus of the kind “exec” holds no item.");
  const cases: ExecCase[] = [];
  const ids = new Set<string>();
  for (const [at, one] of listed.data.items.entries()) {
    const item = Item.safeParse(one);
    const which = `Item ${String(at + 1)}`;
    if (!item.success) return wrong(`${which} is none: ${faultOf(item.error.issues[0]?.path.join(".") ?? "")}.`);
    const { id, argv, script, expectDenied } = item.data;
    if (ids.has(id)) return wrong(`${which} has the id of another one, “${id}”.`);
    ids.add(id);
    if (argv !== undefined && script === undefined) cases.push({ id, what: { argv }, expectDenied });
    else if (script !== undefined && argv === undefined) cases.push({ id, what: { script }, expectDenied });
    else return wrong(`${which} (“${id}”) has to have either “argv” or “script”.`);
  }
  return ok(cases);
};
