import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";

const Item = z.looseObject({
  id: z.union([z.string().min(1).max(200), z.number().transform(String)]),
  code: z.string(),
});

/** Somebody's program, to be installed as a plugin that may do nothing. */
export interface PluginCase {
  readonly id: string;
  readonly code: string;
}

const wrong = (problem: string): Result<never> => err(moltbotError("USAGE", { problem }));

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The largest program: more than a package holds is nobody's plugin. */
const MOST_CHARACTERS = 1_000_000;

/** The cases of a corpus `{ "items": [{ "id", "code" }] }`; USAGE says which of them is none, and why. */
export const readPluginCorpus = (text: string): Result<readonly PluginCase[]> => {
  const given = jsonOf(text);
  if (given === undefined) return wrong("This is no JSON.");
  const listed = z.looseObject({ items: z.array(z.unknown()) }).safeParse(given);
  if (!listed.success) return wrong("This is no corpus of the kind “plugins”: it has no list “items”.");
  if (listed.data.items.length === 0) return wrong("This corpus of the kind “plugins” holds no item.");
  const cases: PluginCase[] = [];
  const ids = new Set<string>();
  for (const [at, one] of listed.data.items.entries()) {
    const item = Item.safeParse(one);
    const which = `Item ${String(at + 1)}`;
    if (!item.success) {
      const part = item.error.issues[0]?.path.join(".") ?? "";
      return wrong(`${which} is none: ${part === "" ? "it is no object" : `“${part}” is not as it must be`}.`);
    }
    const { id, code } = item.data;
    if (ids.has(id)) return wrong(`${which} has the id of another one, “${id}”.`);
    if (code.length > MOST_CHARACTERS)
      return wrong(`${which} (“${id}”) has more than ${String(MOST_CHARACTERS)} characters.`);
    ids.add(id);
    cases.push({ id, code });
  }
  return ok(cases);
};
