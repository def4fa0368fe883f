import { ok, ownScope, parseSource, sourceWord } from "@moltbot/contracts";
import type { AccessScope, OperationHandlers, Provenance, Result, Source } from "@moltbot/contracts";
import { BUILT_IN_TOOLS } from "@moltbot/execution/tools";
import { derivedFrom, grantEffect } from "../derived.ts";
import { removableSource } from "../removable-source.ts";
import { removeSource } from "../remove-source.ts";
import type { OperationPorts } from "./ports.ts";
import { stopTurn } from "./stop-turn.ts";

type Handlers = Pick<OperationHandlers, "provenance.show" | "provenance.remove">;

const OWN_TOOLS: ReadonlySet<string> = new Set(BUILT_IN_TOOLS.map(({ manifest }) => manifest.name));

const ofSource = async (
  { house, workspaces }: OperationPorts,
  scope: AccessScope,
  source: Source,
): Promise<Result<Provenance>> => {
  const derived = await derivedFrom(house, workspaces, scope, source);
  if (!derived.ok) return derived;
  const { itself, items, files, grants, effects } = derived.value;
  return ok({
    source: sourceWord(source),
    item: itself,
    derived: [...items.filter(({ id }) => id !== itself?.id), ...files.map((file) => file.item)],
    effects: [...effects, ...grants.map(grantEffect)],
  });
};

/** Of a thing that is kept; from a reminder nothing is derived. */
const ofId = async (ports: OperationPorts, scope: AccessScope, id: string): Promise<Result<Provenance>> => {
  const item = await ports.house.store.provenance.item(scope, id);
  if (!item.ok) return item;
  const word = `${item.value.kind}:${id}`;
  const source = parseSource(word);
  return source === null
    ? ok({ source: word, item: item.value, derived: [], effects: [] })
    : ofSource(ports, scope, source);
};

/** Where things came from, what came of them, and how a source goes with all of it. */
export const provenanceOperations = (ports: OperationPorts): Handlers => ({
  "provenance.show": ({ principal }, { of }) => {
    const scope = ownScope(principal);
    const source = parseSource(of.trim());
    return source === null ? ofId(ports, scope, of.trim()) : ofSource(ports, scope, source);
  },
  "provenance.remove": async ({ principal }, { source: word, dryRun }) => {
    const source = removableSource(word.trim(), OWN_TOOLS);
    if (!source.ok) return source;
    const { house, workers, workspaces, privacy } = ports;
    const removal = {
      house,
      workspaces,
      forget: (subjects: readonly string[]) => privacy.forget(subjects),
      stopTurn: (scope: AccessScope, id: Parameters<typeof stopTurn>[2]) => stopTurn({ house, workers }, scope, id),
    };
    return removeSource(removal, principal, source.value, dryRun);
  },
});
