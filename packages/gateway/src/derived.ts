import { instantOf, label, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Approval,
  Capability,
  Digest,
  Instant,
  KeptItem,
  Label,
  PastEffect,
  PrincipalId,
  Result,
  Source,
  StoredAgent,
} from "@moltbot/contracts";
import type { House } from "./house.ts";

/** A file of an agent's workspace, by its content. */
export interface WorkspaceFile {
  readonly path: string;
  readonly content: Digest;
  readonly bytes: number;
  readonly changedAt: Instant;
}

/** An agent and whose it is: everybody else who uses it has a folder of their own. */
export type AgentOfOwner = Pick<StoredAgent, "id" | "ownerId">;

/** The agents' folders, one for each person who uses them, for finding what came from a source and taking it out of their reach. */
export interface Workspaces {
  files(agent: AgentOfOwner, person: PrincipalId): Promise<Result<readonly WorkspaceFile[]>>;
  /** Moves a file out of the workspace to where no agent reaches; CONFLICT when its content is no longer that. */
  setAside(agent: AgentOfOwner, person: PrincipalId, path: string, content: Digest): Promise<Result<void>>;
}

/** A file of a workspace that came from a source. */
export interface DerivedFile {
  readonly agent: AgentOfOwner;
  readonly content: Digest;
  readonly item: KeptItem;
}

/** A standing grant that is the answer to a question about a call under the influence of a source. */
export interface DerivedGrant {
  readonly capability: Capability;
  readonly approval: Approval;
}

/** All that came from one source. */
export interface Derived {
  /** The message or memory that the source itself is; null where it is none or is not kept. */
  readonly itself: KeptItem | null;
  /** With the source itself among them. */
  readonly items: readonly KeptItem[];
  readonly files: readonly DerivedFile[];
  readonly grants: readonly DerivedGrant[];
  readonly effects: readonly PastEffect[];
}

type Reach = Pick<House, "store">;

const isSource = (a: Source, b: Source): boolean => a.kind === b.kind && a.ref === b.ref;

const comesFrom = ({ sources }: Label, source: Source): boolean => sources.some((one) => isSource(one, source));

/** The message or memory that the source itself is, where it is kept. */
const itemOf = async (
  { store }: Reach,
  scope: AccessScope,
  { kind, ref }: Source,
): Promise<Result<KeptItem | null>> => {
  if (kind !== "message" && kind !== "memory") return ok(null);
  const item = await store.provenance.item(scope, ref);
  if (item.ok) return item.value.kind === kind ? item : ok(null);
  return item.error.code === "NOT_FOUND" ? ok(null) : item;
};

const fileItem = (agent: StoredAgent, file: WorkspaceFile, kept: Label): KeptItem => ({
  kind: "file",
  id: file.path,
  says: `${agent.name}: ${String(file.bytes)} bytes`,
  label: kept,
  at: file.changedAt,
});

/** Files whose kept label names the source, and the file that the source itself is. */
const filesFrom = async (
  { store }: Reach,
  workspaces: Workspaces,
  scope: AccessScope,
  source: Source,
): Promise<Result<readonly DerivedFile[]>> => {
  const kept = await store.provenance.filesFrom(scope, source);
  if (!kept.ok) return kept;
  if (kept.value.length === 0 && source.kind !== "file") return ok([]);
  const labels = new Map(kept.value.map(({ content, label: of }) => [content, of]));
  const agents = await store.agents.list(scope);
  if (!agents.ok) return agents;
  const found: DerivedFile[] = [];
  for (const agent of agents.value) {
    const files = await workspaces.files(agent, scope.principalId);
    if (!files.ok) return files;
    for (const file of files.value) {
      const itself = source.kind === "file" && file.path === source.ref;
      const known =
        labels.get(file.content) ?? (itself ? label("untrusted", [scope.principalId], [source]) : undefined);
      if (known !== undefined) found.push({ agent, content: file.content, item: fileItem(agent, file, known) });
    }
  }
  return ok(found);
};

const MOST_QUESTIONS = 100_000;
const MINUTE = 60_000;

/** Whether this grant is what that question was answered with: it says so, or holder, tool, person, words and time fit. */
const isAnswerTo = (capability: Capability, approval: Approval): boolean => {
  if (capability.reason === `Answer to the question ${approval.id}`) return true;
  return (
    approval.answeredAt !== null &&
    approval.reason !== null &&
    approval.scope !== "once" &&
    capability.reason === approval.reason &&
    capability.holder === approval.agentId &&
    capability.tool === approval.question.tool &&
    capability.issuedBy === approval.answeredBy &&
    Math.abs(Date.parse(capability.issuedAt) - Date.parse(approval.answeredAt)) < MINUTE
  );
};

const grantsFrom = async (
  { store }: Reach,
  scope: AccessScope,
  source: Source,
): Promise<Result<readonly DerivedGrant[]>> => {
  const asked = await store.approvals.since(scope, instantOf(0), MOST_QUESTIONS);
  if (!asked.ok) return asked;
  const under = asked.value.filter((approval) => comesFrom(approval.label, source));
  if (under.length === 0) return ok([]);
  const held = await store.capabilities.list(scope);
  if (!held.ok) return held;
  return ok(
    held.value.flatMap((capability): readonly DerivedGrant[] => {
      const approval = under.find((one) => isAnswerTo(capability, one));
      return approval === undefined || capability.revokedAt !== null ? [] : [{ capability, approval }];
    }),
  );
};

const withItself = (items: readonly KeptItem[], itself: KeptItem | null): readonly KeptItem[] =>
  itself === null || items.some(({ id }) => id === itself.id) ? items : [itself, ...items];

/** Everything kept that came from a source, the source itself included where it is kept. Nothing of other owners. */
export const derivedFrom = async (
  house: Reach,
  workspaces: Workspaces,
  scope: AccessScope,
  source: Source,
): Promise<Result<Derived>> => {
  const itself = await itemOf(house, scope, source);
  if (!itself.ok) return itself;
  const items = await house.store.provenance.derivedFrom(scope, source);
  if (!items.ok) return items;
  const files = await filesFrom(house, workspaces, scope, source);
  if (!files.ok) return files;
  const grants = await grantsFrom(house, scope, source);
  if (!grants.ok) return grants;
  const effects = await house.store.provenance.effectsFrom(scope, source);
  if (!effects.ok) return effects;
  return ok({
    itself: itself.value,
    items: withItself(items.value, itself.value),
    files: files.value,
    grants: grants.value,
    effects: effects.value,
  });
};

/** A grant as an effect of the past: it was given under the influence of the source. */
export const grantEffect = ({ capability, approval }: DerivedGrant): PastEffect => ({
  callId: approval.callId,
  tool: capability.tool,
  effect: approval.question.effect,
  at: capability.issuedAt,
  to: `a standing grant for ${capability.tool}, which goes with the source`,
});
