import { done, ok, ownScope } from "@moltbot/contracts";
import type {
  AccessScope,
  CryptoPort,
  ImportBatch,
  ImportReport,
  Memory,
  Message,
  Principal,
  Reading,
  Result,
} from "@moltbot/contracts";
import { createAgent } from "../create-agent.ts";
import type { House } from "../house.ts";
import { importIds } from "./import-ids.ts";
import { importLabel } from "./imported-parts.ts";
import type { ImportLabel } from "./imported-parts.ts";
import { countsOf, planImport } from "./plan-import.ts";
import type { ImportPlan } from "./plan-import.ts";

export interface TakePorts {
  readonly house: House;
  readonly mac: CryptoPort["mac"];
  /** How a new agent reads what comes from outside. */
  readonly reading: () => Reading;
  readonly labelOf?: ImportLabel;
}

type Talk = ImportPlan["talks"][number];

/** Messages in one transaction: others write between two of them. */
const AT_ONCE = 100;

const parts = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

/** What was erased is not brought back: its keys are never made again, and that is how it shows. */
const wasErased = (result: Result<unknown>): boolean => !result.ok && result.error.code === "CONTENT_UNREADABLE";

/** Appends in order, the first part together with its conversation; false when the conversation was erased. */
const putTalk = async (
  { store }: House,
  scope: AccessScope,
  { conversation, fresh, messages }: Talk,
): Promise<Result<boolean>> => {
  const put = (some: readonly Message[], create: boolean): Promise<Result<void>> =>
    store.atomically<void>(async (repositories) => {
      const created = create ? await repositories.conversations.create(scope, conversation) : done;
      if (!created.ok) return created;
      for (const message of some) {
        const appended = await repositories.conversations.append(scope, conversation.activeHead, message);
        if (!appended.ok) return appended;
      }
      return done;
    });
  const [first = [], ...rest] = parts(messages, AT_ONCE);
  const begun = first.length > 0 || fresh ? await put(first, fresh) : done;
  if (!begun.ok) return wasErased(begun) ? ok(false) : begun;
  for (const some of rest) {
    const more = await put(some, false);
    if (!more.ok) return more;
  }
  return ok(true);
};

/** One after the other: a transaction per memory keeps its index and its text together. */
const putMemories = async (
  { store }: House,
  scope: AccessScope,
  memories: readonly Memory[],
): Promise<Result<number>> => {
  let erased = 0;
  for (const memory of memories) {
    const created = await store.memories.create(scope, memory);
    if (!created.ok && !wasErased(created)) return created;
    if (!created.ok) erased += 1;
  }
  return ok(erased);
};

/** Carries a plan out; what turned out to be erased counts as known. */
const carryOut = async (
  { house, reading }: TakePorts,
  owner: Principal,
  plan: ImportPlan,
): Promise<Result<Omit<ImportReport, "dryRun">>> => {
  const scope = ownScope(owner);
  for (const { id, name } of plan.agents) {
    const created = await createAgent(house, owner, {
      id,
      name,
      model: "default",
      tools: undefined,
      reading: reading(),
    });
    if (!created.ok) return created;
  }
  const taken: Talk[] = [];
  let erased = 0;
  for (const talk of plan.talks) {
    const put = await putTalk(house, scope, talk);
    if (!put.ok) return put;
    if (put.value) taken.push(talk);
    else erased += talk.messages.length + (talk.fresh ? 1 : 0);
  }
  const memories = await putMemories(house, scope, plan.memories);
  if (!memories.ok) return memories;
  const counts = countsOf({ ...plan, talks: taken });
  return ok({
    ...counts,
    memories: counts.memories - memories.value,
    known: plan.known + erased + memories.value,
  });
};

/**
 * Takes a batch for a person, recorded first; with `dryRun` it only says what it would take. What an earlier run took is counted as
 * known, so a run that broke off is simply run again.
 */
export const takeImport = async (
  ports: TakePorts,
  owner: Principal,
  batch: ImportBatch,
  dryRun: boolean,
): Promise<Result<ImportReport>> => {
  const { house, mac } = ports;
  const plan = await planImport(
    {
      store: house.store,
      ears: house,
      ids: importIds(mac, owner.id, batch.from),
      scope: ownScope(owner),
      owner: owner.id,
      now: house.clock.now(),
      dryRun,
      labelOf: ports.labelOf ?? importLabel,
    },
    batch,
  );
  if (!plan.ok) return plan;
  const counts = countsOf(plan.value);
  if (dryRun) return ok({ dryRun, ...counts });
  const recorded = await house.audit.record({
    event: "import:taken",
    actor: owner.id,
    fields: { from: batch.from, ...counts },
  });
  if (!recorded.ok) return recorded;
  const taken = await carryOut(ports, owner, plan.value);
  if (taken.ok) return ok({ dryRun, ...taken.value });
  const fields = { from: batch.from, code: taken.error.code };
  const broken = await house.audit.record({ event: "import:broken-off", actor: owner.id, fields });
  if (!broken.ok) house.log.error("an import was recorded and not finished", fields);
  return taken;
};
