import { createHash, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PrincipalId, SecretId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, AuditRecord, SecretInfo } from "@moltbot/contracts";
import { createEgress } from "@moltbot/execution/egress";
import { afterEach, describe, expect, it } from "vitest";
import type { SecretStore } from "../operations/index.ts";
import { createOpenRouterConnections } from "./openrouter-connections.ts";
import type { PendingConnection, PendingConnections } from "./pending-connections.ts";

const KEY = "sk-or-v1-canary-778899";
const CODE = "auth_code_abc";
const [OWNER, OTHER] = [1, 2].map((n) => PrincipalId.parse(`01930000-0000-7000-8000-00000000000${String(n)}`));
if (OWNER === undefined || OTHER === undefined) throw new Error("two people");
const asOwner = { id: OWNER, role: "owner" } as const;
const asAdmin = { id: OTHER, role: "admin" } as const;
const START = Date.UTC(2026, 10, 23, 2);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const readAll = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) text += String(piece);
  return text;
};

/** OpenRouter's page and exchange as documented: a code is bound to the challenge of the address that was opened, and good once. */
const startOpenRouter = async (answer?: (response: ServerResponse) => void) => {
  const asked: { readonly url: string; readonly body: unknown; readonly headers: IncomingMessage["headers"] }[] = [];
  const challenges = new Map<string, string>();
  const server = createServer((request, response) => {
    void (async () => {
      const body: unknown = JSON.parse(await readAll(request));
      asked.push({ url: `${request.method ?? ""} ${request.url ?? ""}`, body, headers: request.headers });
      if (answer !== undefined) return answer(response);
      const {
        code,
        code_verifier: verifier,
        code_challenge_method: method,
        ...others
      } = body as Record<string, unknown>; // a request of ours
      const challenge = challenges.get(String(code));
      challenges.delete(String(code));
      const isRight =
        request.method === "POST" &&
        request.url === "/api/v1/auth/keys" &&
        request.headers["content-type"] === "application/json" &&
        method === "S256" &&
        Object.keys(others).length === 0 &&
        challenge !== undefined &&
        createHash("sha256").update(String(verifier)).digest("base64url") === challenge;
      response
        .writeHead(isRight ? 200 : 403, { "content-type": "application/json" })
        .end(
          JSON.stringify(
            isRight ? { key: KEY, user_id: "user_1" } : { error: { code: 403, message: `canary ${String(verifier)}` } },
          ),
        );
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    asked,
    origin: `http://127.0.0.1:${String(address.port)}`,
    /** The person opens the address and agrees; the page shows a code. */
    agree: (url: string): string => {
      const { pathname, searchParams } = new URL(url);
      expect([pathname, searchParams.get("code_challenge_method"), searchParams.get("callback_url")]).toEqual([
        "/auth",
        "S256",
        null,
      ]);
      challenges.set(CODE, searchParams.get("code_challenge") ?? "");
      return CODE;
    },
  };
};

const start = async (answer?: (response: ServerResponse) => void, pending?: PendingConnections) => {
  const vendor = await startOpenRouter(answer);
  const lines: string[] = [];
  const say = (message: string, fields?: object): void => void lines.push(message + JSON.stringify(fields));
  const log = { debug: say, info: say, warn: say, error: say };
  const egress = createEgress({
    secrets: {
      lendTo: async (_person, id) => err(moltbotError("SECRET_NOT_FOUND", { name: id })),
      lendAll: (use) => ok(use([])),
      lend: async (name) => err(moltbotError("SECRET_NOT_FOUND", { name })),
    },
    isCanary: () => false,
    log,
  });
  closing.push(() => egress.close());
  let now = START;
  const recorded: AuditEvent[] = [];
  const stored: Parameters<SecretStore["set"]>[0][] = [];
  const fails = { audit: false };
  const kept: SecretInfo[] = [];
  const connections = createOpenRouterConnections({
    egress,
    origin: vendor.origin,
    ...(pending === undefined ? {} : { pending }),
    secrets: {
      named: (ownerId, name) => kept.find((one) => one.ownerId === ownerId && one.name === name) ?? null,
      set: async (wish) => {
        stored.push(wish);
        const at = instantOf(now);
        const { name, hosts, ownerId, kind = "other" } = wish;
        const info: SecretInfo = {
          id: SecretId.parse("01930000-0000-7000-8000-00000000000a"),
          name,
          hosts,
          ownerId,
          kind,
          createdAt: at,
          rotatedAt: at,
          expiresAt: null,
          rotateEveryDays: null,
          lastUsedAt: null,
          rotationDue: false,
        };
        kept.push(info);
        return ok(info);
      },
    },
    audit: {
      record: async (event) => {
        recorded.push(event);
        return fails.audit ? err(moltbotError("AUDIT_UNWRITABLE")) : ok({} as AuditRecord); // nobody looks at it
      },
    },
    clock: { now: () => instantOf(now) },
    randomText: (length) => randomBytes(length).toString("base64url"),
    sha256: (text) => createHash("sha256").update(text).digest(),
  });
  const signal = new AbortController().signal;
  return {
    vendor,
    connections,
    recorded,
    stored,
    lines,
    fails,
    signal,
    pass: (milliseconds: number) => (now += milliseconds),
  };
};

describe("connecting OpenRouter", () => {
  it("puts the key into the vault for OpenRouter's host alone, and nowhere else", async () => {
    const { vendor, connections, recorded, stored, lines, signal } = await start();
    const begun = connections.begin(OWNER, "router");
    expect(Date.parse(begun.expiresAt) - START).toBe(600_000);
    expect(begun.state.length).toBeGreaterThan(40);
    const done = await connections.complete(asOwner, begun.state, vendor.agree(begun.url), signal);
    expect(done).toMatchObject({ ok: true, value: { name: "router", hosts: ["openrouter.ai"], kind: "api-key" } });
    expect(stored).toEqual([{ name: "router", value: KEY, hosts: ["openrouter.ai"], kind: "api-key", ownerId: null }]);
    expect(recorded).toMatchObject([{ event: "secret:set", actor: OWNER, details: { name: "router" } }]);
    expect(JSON.stringify([done, recorded, lines, begun])).not.toContain(KEY);
    // The proof of who began it went to the vendor, once, and is not in the address that was opened.
    const [first] = vendor.asked;
    if (first === undefined) throw new Error("the vendor was not asked");
    const { code_verifier: verifier } = first.body as { code_verifier: string }; // the vendor checked it
    expect(begun.url + JSON.stringify([done, recorded, lines])).not.toContain(verifier);
    expect(first.headers["authorization"]).toBeUndefined();
  });

  it("puts nobody's key in the place of another's: only the owner replaces what somebody else stored", async () => {
    const { vendor, connections, stored, signal } = await start();
    const connect = async (by: typeof asOwner | typeof asAdmin): Promise<string> => {
      const { state, url } = connections.begin(by.id, "router");
      const done = await connections.complete(by, state, vendor.agree(url), signal);
      return done.ok ? "stored" : done.error.code;
    };
    expect(await connect(asOwner)).toBe("stored");
    expect(await connect(asAdmin)).toBe("ROLE_INSUFFICIENT");
    expect(stored.map(({ ownerId }) => ownerId)).toEqual([null]);
    // The vendor was not asked: the code is not spent.
    expect(vendor.asked).toHaveLength(1);
    expect(await connect(asOwner)).toBe("stored");
  });

  it("is good once, also when it is tried twice in the same instant", async () => {
    const { vendor, connections, stored, signal } = await start();
    const { state, url } = connections.begin(OWNER, "router");
    const code = vendor.agree(url);
    const both = await Promise.all([1, 2].map(() => connections.complete(asOwner, state, code, signal)));
    expect(both.map((done) => (done.ok ? "stored" : done.error.code)).toSorted()).toEqual([
      "CONNECTION_INVALID",
      "stored",
    ]);
    expect(stored).toHaveLength(1);
    expect(vendor.asked).toHaveLength(1);
  });

  it("ends with the person who began it: another's try neither works nor uses it up", async () => {
    const { vendor, connections, stored, signal } = await start();
    const { state, url } = connections.begin(OWNER, "router");
    const code = vendor.agree(url);
    expect(await connections.complete(asAdmin, state, code, signal)).toMatchObject({
      error: { code: "CONNECTION_INVALID" },
    });
    expect(vendor.asked).toHaveLength(0);
    expect(await connections.complete(asOwner, state, code, signal)).toMatchObject({ ok: true });
    expect(stored).toHaveLength(1);
  });

  it("lasts ten minutes, to the millisecond", async () => {
    const late = await start();
    const first = late.connections.begin(OWNER, "router");
    late.pass(600_000);
    expect(await late.connections.complete(asOwner, first.state, CODE, late.signal)).toMatchObject({
      error: { code: "CONNECTION_INVALID" },
    });
    expect(late.vendor.asked).toHaveLength(0);
    const second = late.connections.begin(OWNER, "router");
    late.pass(599_999);
    expect(
      await late.connections.complete(asOwner, second.state, late.vendor.agree(second.url), late.signal),
    ).toMatchObject({ ok: true });
  });

  it("forgets a person's oldest when too many are under way, and nobody else's", async () => {
    const { vendor, connections, signal } = await start();
    const other = connections.begin(OTHER, "router");
    const all = Array.from({ length: 6 }, () => connections.begin(OWNER, "router"));
    const [oldest, next] = all;
    expect(await connections.complete(asOwner, oldest?.state ?? "", CODE, signal)).toMatchObject({
      error: { code: "CONNECTION_INVALID" },
    });
    for (const [by, begun] of [
      [OWNER, next],
      [OTHER, other],
    ] as const)
      expect(
        await connections.complete(
          { id: by, role: "owner" },
          begun?.state ?? "",
          vendor.agree(begun?.url ?? ""),
          signal,
        ),
      ).toMatchObject({
        ok: true,
      });
  });

  it("a code that somebody else began with is refused: it does not fit the proof", async () => {
    const { vendor, connections, stored, signal } = await start();
    const attackers = connections.begin(OTHER, "router");
    const code = vendor.agree(attackers.url);
    const own = connections.begin(OWNER, "router");
    expect(await connections.complete(asOwner, own.state, code, signal)).toMatchObject({
      error: { code: "CONNECTION_INVALID" },
    });
    expect(stored).toEqual([]);
  });

  it("stores nothing that is not on record", async () => {
    const { vendor, connections, stored, fails, signal } = await start();
    fails.audit = true;
    const { state, url } = connections.begin(OWNER, "router");
    expect(await connections.complete(asOwner, state, vendor.agree(url), signal)).toMatchObject({
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(stored).toEqual([]);
  });

  it.each([
    ["an answer that is no JSON", (response: ServerResponse) => response.end("<html>"), "MODEL_ANSWER_INVALID"],
    ["an answer without a key", (response: ServerResponse) => response.end('{"canary":1}'), "MODEL_ANSWER_INVALID"],
    [
      "a key with a line break",
      (response: ServerResponse) => response.end('{"key":"canary-aaaaaaaaaaaaaaaaaaaa\\r\\nx: y"}'),
      "MODEL_ANSWER_INVALID",
    ],
    [
      "a flood",
      (response: ServerResponse) => response.end(`{"key":"canary-${"x".repeat(100_000)}"}`),
      "MODEL_UNAVAILABLE",
    ],
    [
      "a way elsewhere",
      (response: ServerResponse) => response.writeHead(307, { location: "http://127.0.0.1:1/canary" }).end(),
      "MODEL_UNAVAILABLE",
    ],
    ["a breakdown", (response: ServerResponse) => response.writeHead(500).end("canary"), "MODEL_UNAVAILABLE"],
    ["a refusal", (response: ServerResponse) => response.writeHead(403).end("canary"), "CONNECTION_INVALID"],
  ])("takes %s for no key, and says so in no word of it", async (_name, answer, code) => {
    const { connections, stored, recorded, lines, signal } = await start((response) => void answer(response));
    const { state } = connections.begin(OWNER, "router");
    const done = await connections.complete(asOwner, state, CODE, signal);
    expect(done).toMatchObject({ ok: false, error: { code } });
    expect(JSON.stringify([done, recorded, lines])).not.toContain("canary");
    expect(stored).toEqual([]);
  });

  it("unplug: without the person's name on it, whoever learns a state ends another's connection", async () => {
    const all = new Map<string, PendingConnection>();
    const nameless: PendingConnections = {
      add: (state, connection) => void all.set(state, connection),
      take: (state) => all.get(state) ?? null,
    };
    const { vendor, connections, stored, signal } = await start(undefined, nameless);
    const { state, url } = connections.begin(OWNER, "router");
    const code = vendor.agree(url);
    expect(await connections.complete(asAdmin, state, code, signal)).toMatchObject({ ok: true });
    expect(stored).toMatchObject([{ ownerId: null, value: KEY }]);
  });
});
