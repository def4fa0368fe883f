import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { createServer, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createClient } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { Agent, Approval, MessagePart, OperationRequest, Role, TurnReport } from "@moltbot/contracts";
import { placesOf, startGateway } from "@moltbot/gateway";
import type { Fittings, Gateway } from "@moltbot/gateway";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { startScriptedServer } from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import type {
  ScriptedAnswer,
  ScriptedServer,
} from "../../packages/execution/src/models/testing/scripted-openai-server.ts";
import { PROJECT, newPlace } from "./gateway-process.ts";
import type { Place } from "./gateway-process.ts";
import { must } from "./must.ts";

export type ResultPart = Extract<MessagePart, { type: "result" }>;
export interface Call {
  readonly tool: string;
  readonly arguments: string | Readonly<Record<string, unknown>>;
}
/** What the obedient model answers to its n-th call of a turn; after the last one it says "So be it." */
export type Step = readonly Call[] | ScriptedAnswer;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}
export interface Wish {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The loopback address to come from (Linux has many). */
  readonly from?: string;
}

/** What an attack left behind in its conversation. */
export interface Deed {
  readonly report: TurnReport;
  readonly results: readonly ResultPart[];
}

/** A whole gateway whose model does what the attacker says, and eyes on the world around it. */
export interface AttackHouse {
  readonly place: Place;
  readonly gateway: Gateway;
  readonly model: ScriptedServer;
  readonly client: Client;
  readonly agent: Agent;
  readonly port: number;
  readonly socket: string;
  workspaceOf(agentId: string): string;
  /** Plans a turn, sends a message that does not name any of its arguments, and gives what came of it. */
  obey(steps: readonly Step[], more?: Partial<OperationRequest<"messages.send">>): Promise<Deed>;
  /** The results of a turn so far. */
  resultsOf(report: Pick<TurnReport, "turnId" | "conversationId">): Promise<readonly ResultPart[]>;
  /** Answers and gives the turn's next report. */
  answer(approval: Approval, answer: "allow" | "deny", scope?: Approval["scope"]): Promise<TurnReport>;
  /** Says yes to everything a turn asks, once each, until it asks no more. */
  allowAll(report: TurnReport): Promise<TurnReport>;
  tokenOf(role: Role): Promise<string>;
  clientOf(token: string): Client;
  http(wish: Wish): Promise<Answer>;
  /** Sends raw bytes to the listener and gives what comes back within a moment. */
  raw(bytes: string | Buffer, milliseconds?: number): Promise<string>;
  /** Throws when the audit log does not verify. */
  checkAudit(): Promise<void>;
  close(): Promise<void>;
}

export { must };

/** The error's code of a result, or "ok". */
export const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string =>
  result.ok ? "ok" : (result.error?.code ?? "?");

const sendOnce = (port: number, { method, path, headers = {}, body, from = "127.0.0.1" }: Wish): Promise<Answer> =>
  new Promise((resolve) => {
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const outgoing = request(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: { ...length, ...headers },
        localAddress: from,
        agent: false,
        setHost: !("host" in headers),
      },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (piece: string) => (text += piece));
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
        incoming.on("error", (cause) => resolve({ status: 0, headers: {}, text: String(cause) }));
      },
    );
    outgoing.on("error", (cause) => resolve({ status: 0, headers: {}, text: String(cause) }));
    outgoing.end(body);
  });

export interface HouseWish {
  /** Further model servers: name → base URL, and the name of a secret. */
  readonly providers?: Readonly<Record<string, { readonly baseUrl: string; readonly secret?: string }>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly fittings?: Fittings;
}

export const startAttackHouse = async (wish: HouseWish = {}): Promise<AttackHouse> => {
  const plans = new Map<string, readonly Step[]>();
  const model = await startScriptedServer((messages) => {
    const asked = messages.findLastIndex(({ role }) => role === "user");
    const key = /plan-\d+/.exec(JSON.stringify(messages[asked]?.content ?? ""))?.[0] ?? "";
    const step =
      plans.get(key)?.[
        messages.slice(asked).filter(({ tool_calls }) => tool_calls !== undefined && tool_calls.length > 0).length
      ];
    // What it obeys is kept aside here: it cannot know it yet, and words alone make the house show everything.
    const keptAside = /⟦kept aside: [^⟧]*h[0-9a-f]{12}⟧/.test(JSON.stringify(messages));
    if (step === undefined || keptAside) return { text: "So be it." };
    return "length" in step ? { calls: step } : step;
  });
  const others = Object.entries(wish.providers ?? {}).map(([name, provider]): [string, unknown] => [
    name,
    { ...provider, model: name, timeoutSeconds: 20 },
  ]);
  const place = newPlace({
    models: {
      default: "scripted",
      providers: { scripted: { baseUrl: `${model.origin}/v1`, model: "scripted" }, ...Object.fromEntries(others) },
    },
    agents: { turnSteps: 100 },
    limits: { requestsPerSecond: 100_000, callsPerTurn: 100_000, callsPerHour: 1_000_000 },
    ...wish.settings,
  });
  const settings = must(
    openSettings({ file: join(place.home, "moltbot.json5"), environment: {}, flags: { gateway: { port: 0 } } }),
  );
  const home = placesOf(place.home, join(place.root, "config", "moltbot", "keys"), null);
  const gateway = must(
    await startGateway({
      home,
      settings,
      passphrase: null,
      acceptLoss: false,
      progress: () => undefined,
      ...(wish.fittings === undefined ? {} : { fittings: wish.fittings }),
    }),
  );
  const client = createClient({ transport: nodeTransport({ socketPath: home.socket }), validate: true });
  const [agent] = must(await client.call("agents.list", {}));
  if (agent === undefined) throw new Error("no agent");
  mkdirSync(home.workspaceOf(agent.id), { recursive: true });
  const port = Number(new URL(gateway.url).port);

  const resultsOf: AttackHouse["resultsOf"] = async ({ turnId, conversationId }) =>
    must(await client.call("conversations.messages", { conversationId, limit: 500 }))
      .filter((message) => message.turnId === turnId)
      .flatMap(({ parts }) => parts)
      .filter((part): part is ResultPart => part.type === "result");
  let serial = 0;
  const allowAll: AttackHouse["allowAll"] = async (report) => {
    let last = report;
    while (last.approvals.length > 0) {
      for (const { id } of last.approvals)
        must(await client.call("approvals.answer", { approvalId: id, answer: "allow" }));
      last = must(await client.call("turns.get", { turnId: report.turnId, wait: "true" }));
    }
    return last;
  };
  return {
    place,
    gateway,
    model,
    client,
    agent,
    port,
    socket: home.socket,
    workspaceOf: (agentId) => home.workspaceOf(agentId as Agent["id"]), // the tests' own ids
    obey: async (steps, more = {}) => {
      const key = `plan-${String((serial += 1))}`;
      plans.set(key, steps);
      const report = must(
        await client.call("messages.send", {
          agentId: agent.id,
          content: `Please do as agreed: ${key}`,
          conversationId: "new",
          ...more,
        }),
      );
      return { report, results: await resultsOf(report) };
    },
    resultsOf,
    allowAll,
    answer: async (approval, answer, scope) => {
      must(
        await client.call("approvals.answer", {
          approvalId: approval.id,
          answer,
          ...(scope === undefined || scope === null ? {} : { scope }),
        }),
      );
      return must(await client.call("turns.get", { turnId: approval.turnId, wait: "true" }));
    },
    tokenOf: async (role) => must(await client.call("tokens.create", { name: role, role })).token,
    clientOf: (token) => createClient({ transport: nodeTransport({ url: gateway.url, token }) }),
    http: async (wish) => {
      for (;;) {
        const answer = await sendOnce(port, wish);
        // Requests without a principal are limited to a few a second; a limit is no answer to the attack.
        if (answer.status !== 429 || !answer.text.includes("RATE_LIMITED")) return answer;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    },
    raw: (bytes, milliseconds = 1500) =>
      new Promise((resolve) => {
        let text = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
        const timer = setTimeout(() => socket.destroy(), milliseconds);
        socket.on("data", (piece) => (text += piece.toString("latin1")));
        socket.on("error", () => undefined);
        socket.on("close", () => {
          clearTimeout(timer);
          resolve(text);
        });
      }),
    checkAudit: async () => {
      const report = must(await client.call("audit.verify", {}));
      if (!report.ok) throw new Error(`the audit log does not verify: ${JSON.stringify(report.faults)}`);
    },
    close: async () => {
      await gateway.close();
      await model.close();
      place.remove();
    },
  };
};

/** A neighbour on loopback that counts who comes. */
export interface Victim {
  readonly port: number;
  hits(): readonly string[];
  close(): Promise<void>;
}

export const startVictim = async (): Promise<Victim> => {
  const hits: string[] = [];
  const server = createServer((incoming, response) => {
    hits.push(incoming.url ?? "");
    response.setHeader("content-type", "text/plain");
    response.end("secret of the neighbour");
  });
  server.on("connection", () => hits.push("connection"));
  // On every address of this machine, so that no way around loopback goes unseen.
  await new Promise<void>((resolve) =>
    server.once("error", () => server.listen(0, "0.0.0.0", resolve)).listen(0, "::", resolve),
  );
  return {
    port: (server.address() as AddressInfo).port, // a TCP server has no other address
    hits: () => hits,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

/** Every file below a folder: path → what it is, links not followed. `skip` names folders that are the attacked one's own. */
export const photograph = (folder: string, skip: readonly string[] = []): Readonly<Record<string, string>> => {
  const seen: Record<string, string> = {};
  const look = (path: string): void => {
    if (skip.includes(path)) return;
    const found = lstatSync(path);
    if (found.isSymbolicLink()) seen[path] = `-> ${readlinkSync(path)}`;
    else if (found.isFile())
      seen[path] = `${found.mode.toString(8)} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`;
    else if (found.isDirectory()) {
      seen[path] = `folder ${found.mode.toString(8)}`;
      for (const name of readdirSync(path)) look(join(path, name));
    } else seen[path] = "special";
  };
  look(folder);
  return seen;
};

/** A corpus of public attack strings that lies beside the project; null, and a loud line, where it is absent. */
export const corpus = <T>(name: string): T | null => {
  const file = join(PROJECT, "..", "shared", "corpora", name);
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as T; // a pinned file of known shape
  process.stderr.write(`SKIPPED: the corpus ${name} is not beside the project; its attacks did not run.\n`);
  return null;
};

export const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
