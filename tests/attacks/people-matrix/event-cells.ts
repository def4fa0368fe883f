import { parsed } from "../../support/people.ts";
import type { Said } from "../../support/people.ts";
import { outcomeOfStream } from "./oracle.ts";
import { REFUSALS } from "./refusals.ts";
import type { Findings } from "./run-matrix.ts";
import { secretsOf, toldOf } from "./what-is-theirs.ts";
import type { Actor } from "./actors.ts";
import type { World } from "./world.ts";

/** Opens a stream of events, and leaves it at once. */
const openStream = async (url: string, headers: Readonly<Record<string, string>>): Promise<Said> => {
  const leaving = new AbortController();
  const stream = await fetch(`${url}/v2/events`, { headers, signal: leaving.signal });
  if (stream.ok) {
    leaving.abort();
    return { status: stream.status, text: "", json: null, code: null };
  }
  const text = await stream.text();
  const [, code = "?"] = /"code":"([A-Z_]+)"/.exec(text) ?? [];
  return { status: stream.status, text, json: parsed(text), code };
};

const waysOf = ({ token, person, callers }: Actor): readonly Readonly<Record<string, string>>[] => [
  token === null ? {} : { authorization: `Bearer ${token}` },
  ...(callers.browser === undefined || person === null ? [] : [{ cookie: person.cookie }]),
];

/** Who may follow what happens; and that everybody's own events reached them, and nobody else's did. */
export const eventFindings = async (world: World): Promise<Findings> => {
  const leaks: string[] = [];
  const wrong: string[] = [];
  let cells = 0;
  for (const actor of world.actors)
    for (const headers of waysOf(actor)) {
      const said = await openStream(world.url, headers);
      const expected = outcomeOfStream(actor.name);
      const found = said.code === null ? "yes" : (REFUSALS[said.code] ?? said.code);
      cells += 1;
      const cell = `${actor.name} events none by ${Object.keys(headers).join("")}: ${found}, not ${expected}`;
      if (found === "yes" && expected !== "yes") leaks.push(cell);
      else if (found !== expected) wrong.push(cell);
    }
  for (const one of world.people) {
    const text = world.heard.get(one.name)?.() ?? "";
    for (const other of world.people) {
      cells += 1;
      if (other.id === one.id) {
        if (!text.includes(one.word)) wrong.push(`${one.name} does not hear of what is theirs`);
        continue;
      }
      const told = toldOf(other, one);
      const seen = secretsOf(other).filter(
        (secret) => secret !== "" && !told.includes(secret) && text.includes(secret),
      );
      if (seen.length > 0) leaks.push(`${one.name} hears of ${other.name}: ${seen.join(", ")}`);
    }
  }
  return { cells, leaks, wrong };
};
