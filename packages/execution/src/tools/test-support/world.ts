import { createHash, randomUUIDv7 } from "node:crypto";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AgentId,
  CallId,
  ContactId,
  ConversationId,
  Digest,
  done,
  err,
  instantOf,
  joinLabels,
  label,
  MemoryId,
  moltbotError,
  ok,
  PrincipalId,
  readableBy,
  ReminderId,
  TenantId,
  TurnId,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Contact,
  JsonObject,
  Label,
  Memory,
  Permit,
  PermitRedeemer,
  Reminder,
  ResolvedResource,
  SkillOnShelf,
  ToolCall,
  ToolExecutor,
  UndoEntry,
} from "@moltbot/contracts";
import type { Egress, EgressRequest, EgressResponse } from "../../egress/index.ts";
import { createToolExecutor } from "../create-tool-executor.ts";
import type { ToolPorts } from "../tool.ts";
import { fakePrograms } from "./programs.ts";
import type { FakePrograms } from "./programs.ts";

export const NOW = instantOf(Date.UTC(2026, 10, 22, 12, 0, 0));
export const person = PrincipalId.parse(randomUUIDv7());
export const scope: AccessScope = { tenantId: TenantId.parse(randomUUIDv7()), principalId: person, reach: "own" };
const agentId = AgentId.parse(randomUUIDv7());
const conversationId = ConversationId.parse(randomUUIDv7());

/** A call as the turn loop would make it. */
export const callOf = (tool: string, args: JsonObject, more: Partial<ToolCall> = {}): ToolCall => ({
  id: CallId.parse(randomUUIDv7()),
  turnId: TurnId.parse(randomUUIDv7()),
  conversationId,
  agentId,
  authority: person,
  agentChain: [agentId],
  tool,
  arguments: args,
  label: label("authority", [person], [{ kind: "message", ref: "m1" }]),
  ...more,
});

/** A permit and a redeemer as the guard would make them: worth its object identity, once, for one call. */
export const permitsOf = (): PermitRedeemer & {
  mint(call: ToolCall, resources?: readonly ResolvedResource[]): Permit;
} => {
  const minted = new Map<
    Permit,
    { readonly call: ToolCall; readonly resources: readonly ResolvedResource[] } | "spent"
  >();
  return {
    mint: (call, resources = []) => {
      const permit = Object.freeze({ id: randomUUIDv7() }) as unknown as Permit; // the brand exists in types alone
      minted.set(permit, { call, resources });
      return permit;
    },
    redeem: (permit, call) => {
      const known = minted.get(permit);
      if (known === undefined) return err(moltbotError("PERMIT_INVALID"));
      if (known === "spent") return err(moltbotError("PERMIT_SPENT"));
      minted.set(permit, "spent");
      return JSON.stringify(known.call) === JSON.stringify(call)
        ? ok({ bounds: [], resources: known.resources })
        : err(moltbotError("PERMIT_INVALID"));
    },
  };
};

/** Lets every permit through: what an unplugged guard would do. */
export const alwaysOk: PermitRedeemer = { redeem: () => ok({ bounds: [], resources: [] }) };

export interface House {
  readonly tools: ToolExecutor;
  readonly ports: ToolPorts;
  readonly permits: ReturnType<typeof permitsOf>;
  readonly reminders: Reminder[];
  readonly memories: Memory[];
  readonly contacts: Contact[];
  /** What stood where files were changed. */
  readonly undo: UndoEntry[];
  /** What the agent was given to read. */
  readonly shelf: Shelved[];
  readonly sent: EgressRequest[];
  /** Kept labels by the SHA-256 of the content. */
  readonly labels: Map<string, Label>;
  /** The folder around the workspace, with a canary file that nobody may read. */
  readonly outside: string;
  readonly workspace: string;
  /** What runs programs, as functions of the test. */
  readonly fake: FakePrograms;
  /** Runs a call with a good permit, looked at before as the guard does. */
  run(call: ToolCall, signal?: AbortSignal): ReturnType<ToolExecutor["run"]>;
  close(): Promise<void>;
}

/** A skill with what is in its files. */
export interface Shelved extends Omit<SkillOnShelf, "files"> {
  readonly contents: Readonly<Record<string, string | Uint8Array>>;
}

const onShelf = ({ contents, ...skill }: Shelved): SkillOnShelf => ({
  ...skill,
  files: Object.entries(contents).map(([path, content]) => ({ path, bytes: Buffer.from(content).byteLength })),
});

export const CANARY = "canary-5be1: nobody inside may read this";

/** What stands outside the workspace, to compare after an attack. */
export const outsideOf = async (house: House): Promise<string> => readFile(join(house.outside, "canary.txt"), "utf8");

export const page = (body: string, type = "text/html", status = 200): EgressResponse => ({
  status,
  headers: { "content-type": type },
  url: "https://example.org/",
  body: Buffer.from(body),
  redirects: 0,
});

/** A workspace on the disk, reminders and memories in memory, and an egress that keeps what it is asked. */
export const buildHouse = async (answer: () => EgressResponse = () => page("hello")): Promise<House> => {
  const outside = await mkdtemp(join(tmpdir(), "moltbot-tools-"));
  const workspace = join(outside, "workspace");
  await mkdir(workspace);
  await writeFile(join(outside, "canary.txt"), CANARY);
  const [reminders, memories, sent] = [[] as Reminder[], [] as Memory[], [] as EgressRequest[]];
  const contacts: Contact[] = [];
  const undo: UndoEntry[] = [];
  const shelf: Shelved[] = [];
  const labels = new Map<string, Label>();
  const hash = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");
  const fake = await fakePrograms(workspace);
  const egress: Egress = {
    send: async (_authority, request) => {
      sent.push(request);
      return ok(answer());
    },
    fetchFor: () => fetch,
    close: async () => undefined,
  };
  const ports: ToolPorts = {
    reminders: {
      create: async (_scope, wish) => {
        const known = reminders.find(({ callId }) => callId === wish.callId);
        if (known !== undefined) return ok(known);
        const made: Reminder = {
          ...wish,
          id: ReminderId.parse(randomUUIDv7()),
          state: "scheduled",
          createdAt: NOW,
          firedAt: null,
        };
        reminders.push(made);
        return ok(made);
      },
      list: async () => ok(reminders),
    },
    memories: {
      save: async (_scope, wish) => {
        const made: Memory = { ...wish, id: MemoryId.parse(randomUUIDv7()), createdAt: NOW };
        memories.push(made);
        return ok(made);
      },
      search: async (_scope, query, limit, audience) =>
        ok(
          memories
            .filter(({ text, label: { readers } }) => text.includes(query) && readableBy(readers, audience))
            .slice(0, limit),
        ),
    },
    contacts: {
      confirm: async (_scope, wish) => {
        const known = contacts.find(({ address }) => address === wish.address);
        if (known !== undefined)
          return known.name === wish.name ? ok(known) : err(moltbotError("CONFLICT", { kind: "contact" }));
        const made: Contact = { ...wish, id: ContactId.parse(randomUUIDv7()), ownerId: person, confirmedAt: NOW };
        contacts.push(made);
        return ok(made);
      },
      search: async (_scope, query, limit) => ok(contacts.filter(({ name }) => name.includes(query)).slice(0, limit)),
    },
    fileLabels: {
      keep: async (_scope, content, kept) => {
        labels.set(hash(content), joinLabels(labels.get(hash(content)) ?? kept, kept));
        return done;
      },
      of: async (_scope, content) => ok(labels.get(hash(content)) ?? null),
    },
    egress,
    secrets: { ownNamed: () => null, mayUseHouse: async () => false },
    searchSettings: () => ({ service: "none", baseUrl: "", secret: "" }),
    clock: { now: () => NOW, monotonic: () => 0 },
    undo: {
      hash: (content) => Digest.parse(hash(content)),
      keep: async (_scope, entry) => {
        if (!undo.some(({ callId }) => callId === entry.callId)) undo.push(entry);
        return done;
      },
      find: async (_scope, id) => {
        const known = undo.find(({ callId }) => callId === id);
        return known === undefined ? err(moltbotError("NOT_FOUND", { kind: "undo" })) : ok(known);
      },
      list: async () => ok([]),
    },
    skills: {
      of: async () => ok(shelf.map(onShelf)),
      file: async (_scope, _agentId, name, path) => {
        const contents = shelf.find((skill) => skill.name === name)?.contents ?? {};
        const content = Object.hasOwn(contents, path) ? contents[path] : undefined;
        return content === undefined ? err(moltbotError("NOT_FOUND", { kind: "skill" })) : ok(Buffer.from(content));
      },
    },
    workspaceOf: async () => ok(workspace),
    programs: fake.programs,
    placeOf: fake.placeOf,
  };
  const permits = permitsOf();
  const tools = createToolExecutor({ ...ports, redeemer: permits });
  return {
    tools,
    ports,
    permits,
    reminders,
    memories,
    contacts,
    undo,
    shelf,
    sent,
    labels,
    outside,
    workspace,
    fake,
    run: async (call, signal = new AbortController().signal) => {
      const found = await tools.resolve(call, scope);
      return tools.run(permits.mint(call, found.ok ? found.value : []), call, scope, signal);
    },
    close: async () => {
      await fake.close();
      await rm(outside, { recursive: true, force: true });
    },
  };
};
