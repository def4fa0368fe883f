/** The published client and the listener, each as others see it, over a real port and a real socket. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EventId, OPERATION_NAMES, PrincipalId, TenantId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  AgentId,
  DomainEvent,
  IdentityPort,
  OperationHandlers,
  Principal,
  Proof,
  RequestContext,
} from "@moltbot/contracts";
import { createClient, fetchTransport } from "@moltbot/client";
import type { Client } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { createHttpServer } from "@moltbot/ingress/http";
import type { HttpServer } from "@moltbot/ingress/http";

const id = (digit: number): string => `01900000-0000-7000-8000-${String(digit).padStart(12, "0")}`;
const AGENT = id(1) as AgentId; // a brand on a constant
const NOW = instantOf(1_763_800_000_000);
const owner: Principal = {
  id: PrincipalId.parse(id(2)),
  tenantId: TenantId.parse(id(3)),
  kind: "person",
  name: "Ada",
  role: "owner",
};
const changed = (key: string): DomainEvent => ({
  id: EventId.parse(id(4)),
  name: "config:changed",
  version: 1,
  at: NOW,
  tenantId: owner.tenantId,
  audience: [owner.id],
  payload: { keys: [key] },
});

const refused = (): Promise<ReturnType<typeof err<ReturnType<typeof moltbotError>>>> =>
  Promise.resolve(err(moltbotError("NOT_SIGNED_IN")));
const proof: Proof = { kind: "local", id: null, strong: true, at: NOW, scopes: null, integrity: "authority" };
const identity: IdentityPort = {
  byToken: async (token) =>
    token === "mb_good"
      ? ok({ principal: { ...owner, role: "member" }, proof: { ...proof, kind: "token" } })
      : err(moltbotError("TOKEN_INVALID")),
  checkBody: async () => ok(undefined),
  bySession: refused,
  local: async () => ok({ principal: owner, proof }),
  byDevice: refused,
  byTicket: refused,
  createTicket: refused,
  stillGood: async () => ok(undefined),
  createPairing: refused,
  pairDevice: refused,
  refreshDevice: refused,
  createSignInCode: refused,
  signIn: refused,
  signOut: refused,
  createToken: refused,
  prove: refused,
};
const listeners = new Set<(event: DomainEvent) => void>();
const folder = mkdtempSync(join(tmpdir(), "moltbot-reference-"));
const socketPath = join(folder, "run", "gateway.sock");
let server: HttpServer;
let url = "";

beforeAll(async () => {
  const handlers = {
    ...Object.fromEntries(OPERATION_NAMES.map((name) => [name, refused])),
    "agents.list": async ({ principal }: RequestContext) =>
      ok([
        {
          id: AGENT,
          ownerId: owner.id,
          name: principal.role,
          model: "demo",
          status: "idle",
          capabilities: [],
          reading: "auto",
        },
      ]),
    "messages.send": async ({ emit }: RequestContext, { content }: { content: string }) => {
      emit?.(changed(content));
      return err(moltbotError("STEP_LIMIT", { limit: 8 }));
    },
  } as unknown as OperationHandlers; // only what these tests call
  server = createHttpServer({
    handlers,
    identity,
    webDirectory: null,
    host: "127.0.0.1",
    port: 0,
    allowedHosts: [],
    socketPath,
    ready: () => true,
    version: "0",
    events: {
      publish: () => undefined,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    clock: { now: () => NOW, monotonic: () => 0 },
    newTraceId: () => "0".repeat(31).concat("1"),
  });
  const listening = await server.listen();
  if (!listening.ok) throw new Error(listening.error.message);
  url = listening.value.url;
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const clients: readonly [string, string, () => Client][] = [
  ["the socket", "owner", () => createClient({ transport: nodeTransport({ socketPath }), validate: true })],
  [
    "an address and a token",
    "member",
    () => createClient({ transport: nodeTransport({ url, token: "mb_good" }), validate: true }),
  ],
  [
    "fetch and a token",
    "member",
    () => createClient({ transport: fetchTransport({ origin: url, token: "mb_good" }), validate: true }),
  ],
];

describe.each(clients)("over %s", (_, role, make) => {
  it("an answer arrives as its schema says, for who asked", async () => {
    expect(await make().call("agents.list", {})).toEqual({
      ok: true,
      value: [
        { id: AGENT, ownerId: owner.id, name: role, model: "demo", status: "idle", capabilities: [], reading: "auto" },
      ],
    });
  });

  it("an error arrives as it was made", async () => {
    const result = await make().call("messages.send", { agentId: AGENT, content: "x" });
    expect(result).toEqual({ ok: false, error: moltbotError("STEP_LIMIT", { limit: 8 }) });
  });

  it("a stream hands out the turn's events and its end", async () => {
    const events: DomainEvent[] = [];
    const result = await make().stream("messages.send", { agentId: AGENT, content: "streamed" }, (event) =>
      events.push(event),
    );
    expect(events).toEqual([changed("streamed")]);
    expect(result).toEqual({ ok: false, error: moltbotError("STEP_LIMIT", { limit: 8 }) });
  });

  it("events arrive until the caller leaves", async () => {
    const leave = new AbortController();
    const got: DomainEvent[] = [];
    const following = make().events(
      (event) => {
        got.push(event);
        leave.abort();
      },
      leave.signal,
      {
        onState: (state) => {
          if (state === "open") setTimeout(() => listeners.forEach((listener) => listener(changed("live"))), 20);
        },
      },
    );
    expect(await following).toEqual({ ok: true, value: undefined });
    expect(got).toEqual([changed("live")]);
  });
});

describe("a wrong token", () => {
  it("ends a call and an event stream with the gateway's words", async () => {
    const client = createClient({ transport: nodeTransport({ url, token: "mb_bad" }) });
    const expected = { ok: false, error: moltbotError("TOKEN_INVALID") };
    expect(await client.call("agents.list", {})).toEqual(expected);
    expect(await client.events(() => undefined, new AbortController().signal)).toEqual(expected);
  });
});
