import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AgentId,
  Approval,
  ApprovalId,
  AuditRecord,
  CapabilityWish,
  ContactWish,
  ConversationId,
  JsonObject,
  ModelDirectory,
  ModelPort,
  OperationName,
  OperationOutput,
  OperationRequest,
  Result,
  TurnReport,
} from "@moltbot/contracts";
import type { Egress } from "@moltbot/execution/egress";
import type { Tool } from "@moltbot/execution/tools";
import { placesOf } from "../home.ts";
import { openSettings } from "../settings/index.ts";
import { startGateway } from "../start-gateway.ts";

/** The gateway's HTTP door as a client sees it; `createClient` of `@moltbot/client` makes one. */
export interface DrillDoor {
  call<N extends OperationName>(name: N, input: OperationRequest<N>): Promise<Result<OperationOutput<N>>>;
}

/** Where the gateway of a drill listens: its local socket, and its address on loopback. */
export interface DrillPlace {
  readonly socket: string;
  readonly url: string;
}

export interface DrillWish {
  /** Hung in beside the built-in ones, whose names they cannot take. */
  readonly tools: readonly Tool[];
  /** Each by the name under which an agent asks for it; the first is also the default one. */
  readonly models: Readonly<Record<string, ModelPort>>;
  /** Opens a client: this package dials nobody. */
  readonly connect: (place: DrillPlace) => DrillDoor;
  /** Instead of the way out; left out: the real one, which what a drill asks for must never reach. */
  readonly egress?: Egress;
  /** As in the settings file; what a drill needs (a free port, room for many turns at once) stands over it. */
  readonly settings?: JsonObject;
  /** Keeps its home in memory where the system offers a folder there: what is drilled is not whether it outlasts a power cut. */
  readonly inMemory?: boolean;
}

export interface DrillAgentWish {
  readonly name: string;
  /** A name of `DrillWish.models`; left out: the default one. */
  readonly model?: string;
  /** Names of tools; left out: all of them. */
  readonly tools?: readonly string[];
  /** Tools for which the owner gives a standing grant without limits, beside what every agent starts with. */
  readonly granted?: readonly string[];
}

export interface SendMore {
  readonly blocks?: OperationRequest<"messages.send">["blocks"];
  /** Left out: a new one. */
  readonly conversationId?: ConversationId | "new";
}

/** A whole gateway of its own, with nothing of the owner's in it. */
export interface DrillHouse {
  /** The same door for everything else. */
  readonly door: DrillDoor;
  readonly root: string;
  workspaceOf(agent: AgentId): string;
  addAgent(wish: DrillAgentWish): Promise<Result<AgentId>>;
  grant(wish: Omit<OperationRequest<"capabilities.grant">, "expires" | "reason">): Promise<Result<void>>;
  addContact(wish: ContactWish): Promise<Result<void>>;
  /** Sends words of the owner; the report comes when the turn ended or waits for answers. */
  send(agent: AgentId, text: string, more?: SendMore): Promise<Result<TurnReport>>;
  /** The turn as it then stands: ended, or waiting with questions that nobody answered yet. */
  standing(report: Pick<TurnReport, "turnId">): Promise<Result<TurnReport>>;
  /** Every question that waits. */
  pending(): Promise<Result<readonly Approval[]>>;
  /** Answers one question for this once; `stop` also ends the turn. */
  answer(id: ApprovalId, answer: "allow" | "deny", stop?: boolean): Promise<Result<Approval>>;
  /** The whole audit log, oldest first. */
  readAudit(): Promise<Result<readonly AuditRecord[]>>;
  /** Closes the gateway and removes its home. */
  close(): Promise<void>;
}

const directoryOf = (models: Readonly<Record<string, ModelPort>>): ModelDirectory => ({
  list: () => Object.values(models).map((model) => model.describe()),
  find: (name) => {
    const model =
      name === "default" ? Object.values(models)[0] : Object.hasOwn(models, name) ? models[name] : undefined;
    return model === undefined ? err(moltbotError("MODEL_UNKNOWN", { model: name })) : ok(model);
  },
  close: () => Promise.resolve(),
});

/** Room for many turns at once: what is drilled is the guard, not the rate limits. */
const FLAGS: JsonObject = {
  gateway: { port: 0, host: "127.0.0.1", drainSeconds: 0 },
  agents: { concurrentTurns: 64, turnSteps: 60 },
  limits: { requestsPerSecond: 100_000, callsPerTurn: 10_000, callsPerHour: 1_000_000 },
  log: { level: "error" },
};

const MEMORY_FOLDER = "/dev/shm";
const ENOUGH_BYTES = 512 * 1024 * 1024;

/** A folder for passing things; the one in memory only where there is one with room in it. */
const passingFolder = (inMemory: boolean): string => {
  if (!inMemory) return tmpdir();
  try {
    accessSync(MEMORY_FOLDER, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
    return bavail * bsize >= ENOUGH_BYTES ? MEMORY_FOLDER : tmpdir();
  } catch {
    return tmpdir();
  }
};

const AUDIT_PAGE = 500;

const readWholeAudit = async (door: DrillDoor): Promise<Result<readonly AuditRecord[]>> => {
  const records: AuditRecord[] = [];
  for (;;) {
    const oldest = records.at(-1)?.sequence;
    const page = await door.call("audit.list", {
      limit: AUDIT_PAGE,
      ...(oldest === undefined ? {} : { before: oldest }),
    });
    if (!page.ok) return page;
    records.push(...page.value);
    if (page.value.length < AUDIT_PAGE) return ok(records.toReversed());
  }
};

const MOST_LOOKS = 400;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** A turn that was answered may be seen while it is about to be taken up: it is looked at again until it ended or asks. */
const settle = async (door: DrillDoor, turnId: TurnReport["turnId"]): Promise<Result<TurnReport>> => {
  for (let look = 0; ; look += 1) {
    const report = await door.call("turns.get", { turnId, wait: "true" });
    if (!report.ok || look >= MOST_LOOKS) return report;
    const { state, approvals } = report.value;
    if (state !== "waiting" && state !== "queued" && state !== "running") return report;
    if (state === "waiting" && approvals.length > 0) return report;
    await pause(Math.min(5 + look, 50));
  }
};

/**
 * Opens a real gateway over an empty home in a temporary folder, with the given tools and models hung in: the same
 * guard, storage, audit and HTTP door as ever. Everything goes through that door; `close` removes the home again.
 */
export const openDrillHouse = async (wish: DrillWish): Promise<Result<DrillHouse>> => {
  const root = mkdtempSync(join(passingFolder(wish.inMemory ?? false), "moltbot-drill-"));
  const erase = (): void => rmSync(root, { recursive: true, force: true });
  // Also when the program is ended in the middle: a drill leaves nothing behind.
  process.once("exit", erase);
  const remove = (): void => {
    process.off("exit", erase);
    erase();
  };
  const place = join(root, "home");
  mkdirSync(place, { mode: 0o700 });
  const file = join(place, "moltbot.json5");
  writeFileSync(file, JSON.stringify(wish.settings ?? {}), { mode: 0o600 });
  const settings = openSettings({ file, environment: {}, flags: FLAGS });
  if (!settings.ok) {
    remove();
    return settings;
  }
  const home = placesOf(place, join(root, "keys"), null);
  const gateway = await startGateway({
    home,
    settings: settings.value,
    passphrase: null,
    acceptLoss: false,
    progress: () => undefined,
    fittings: {
      tools: wish.tools,
      models: directoryOf(wish.models),
      ...(wish.egress === undefined ? {} : { egress: wish.egress }),
    },
  });
  if (!gateway.ok) {
    remove();
    return gateway;
  }
  const door = wish.connect({ socket: home.socket, url: gateway.value.url });
  const grant: DrillHouse["grant"] = async (more) => {
    const granted = await door.call("capabilities.grant", { ...more, expires: "never", reason: "granted for a drill" });
    return granted.ok ? ok(undefined) : granted;
  };
  return ok({
    door,
    root: place,
    workspaceOf: (agent) => home.workspaceOf(agent),
    grant,
    addAgent: async ({ name, model = "default", tools, granted = [] }) => {
      const created = await door.call("agents.create", {
        name,
        model,
        ...(tools === undefined ? {} : { capabilities: [...tools] }),
      });
      if (!created.ok) return created;
      for (const tool of granted) {
        const given = await grant({
          holder: created.value.id,
          tool: tool as CapabilityWish["tool"], // the door checks the name
        });
        if (!given.ok) return given;
      }
      return ok(created.value.id);
    },
    addContact: async (contact) => {
      const added = await door.call("contacts.add", contact);
      return added.ok ? ok(undefined) : added;
    },
    send: (agentId, content, { blocks = [], conversationId = "new" } = {}) =>
      door.call("messages.send", { agentId, content, blocks, conversationId }),
    standing: ({ turnId }) => settle(door, turnId),
    pending: () => door.call("approvals.list", { state: "pending", limit: 500 }),
    answer: (approvalId, answer, stop = false) =>
      door.call("approvals.answer", { approvalId, answer, ...(stop ? { stop } : {}) }),
    readAudit: () => readWholeAudit(door),
    close: async () => {
      await gateway.value.close();
      remove();
    },
  });
};
