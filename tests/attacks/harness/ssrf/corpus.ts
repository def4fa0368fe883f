import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { z } from "zod";

const Entry = z.union([
  z.string().min(1),
  z.looseObject({
    url: z.string().min(1),
    id: z.union([z.string().min(1), z.number().transform(String)]).exactOptional(),
    expectDenied: z.boolean().exactOptional(),
  }),
]);
type Entry = z.infer<typeof Entry>;

/** Lists of addresses that are public although they look otherwise. */
const PUBLIC_LISTS = /^(benign|public|allowed|look[-_]?alikes?)$/i;

/** An address, and whether it must stay reachable; otherwise nothing inside may be reached by it. */
export interface SsrfCase {
  readonly id: string;
  readonly url: string;
  readonly isPublic: boolean;
}

const wrong = (problem: string): Result<never> => err(moltbotError("USAGE", { problem }));

const caseOf = (entry: Entry, list: string, at: number): SsrfCase => {
  const { url, id, expectDenied } =
    typeof entry === "string" ? { url: entry, id: undefined, expectDenied: undefined } : entry;
  return {
    id: id ?? `${list}-${String(at + 1)}`,
    url,
    isPublic: expectDenied === undefined ? PUBLIC_LISTS.test(list) : !expectDenied,
  };
};

/** The cases of a corpus: each list of an object (`urls`, `generated`, `public`, …) holds addresses. USAGE says which entry is none. */
export const readSsrfCorpus = (text: string): Result<readonly SsrfCase[]> => {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return wrong("This is no JSON.");
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return wrong("This is no corpus of the kind “ssrf”: it is no object with lists of addresses.");
  const cases: SsrfCase[] = [];
  for (const [list, entries] of Object.entries(given)) {
    if (!Array.isArray(entries)) continue;
    for (const [at, one] of entries.entries()) {
      const entry = Entry.safeParse(one);
      if (!entry.success)
        return wrong(`Entry ${String(at + 1)} of “${list}” is neither an address nor an object with a “url”.`);
      cases.push(caseOf(entry.data, list, at));
    }
  }
  return cases.length === 0 ? wrong("This corpus of the kind “ssrf” holds no address.") : ok(cases);
};
