import { randomUUIDv7 } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  AgentId,
  CallId,
  ConversationId,
  err,
  label,
  moltbotError,
  ok,
  PrincipalId,
  SecretId,
  TenantId,
  TurnId,
} from "@moltbot/contracts";
import type {
  Constraint,
  JsonObject,
  Permit,
  PermitRedeemer,
  PersonalSecretLender,
  SecretLender,
  SecretWatch,
  ToolCall,
} from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { createToolExecutor } from "../tools/index.ts";
import type { SecretNames, ToolPorts } from "../tools/index.ts";
import { ALL_CONTROLS, createEgressWith } from "./create-egress.ts";
import type { EgressControls } from "./create-egress.ts";

const person = PrincipalId.parse(randomUUIDv7());
const scope = { tenantId: TenantId.parse(randomUUIDv7()), principalId: person, reach: "own" as const };
const agentId = AgentId.parse(randomUUIDv7());
const callOf = (tool: string, given: JsonObject): ToolCall => ({
  id: CallId.parse(randomUUIDv7()),
  turnId: TurnId.parse(randomUUIDv7()),
  conversationId: ConversationId.parse(randomUUIDv7()),
  agentId,
  authority: person,
  agentChain: [agentId],
  tool,
  arguments: given,
  label: label("authority", [person]),
});
const permit = {} as Permit; // the redeemer of these tests takes any
const noPorts = {} as Omit<ToolPorts, "egress" | "secrets">; // these tools use no other
const OWN = "canary-own-93bd71c2";
const HOUSE = "canary-house-51ee07fa";
const OWN_ID = SecretId.parse(randomUUIDv7());
const BOUND = "api.example:80";
/** The header of a secret that is sent in no other. */
const METER = "x-meter";

interface Heard {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A vault with one secret of the person and one of the house, both bound to one host. */
const vault: SecretLender & PersonalSecretLender & SecretWatch = {
  lend: async (name, host, use, header) => {
    if (name === "metered" && (header ?? METER).toLowerCase() !== METER)
      return err(moltbotError("SECRET_HEADER_FIXED", { name, header: METER }));
    if (name === "metered" && host === BOUND) return ok(await use(HOUSE, METER));
    if (name !== "weather") return err(moltbotError("SECRET_NOT_FOUND", { name }));
    return host === BOUND ? ok(await use(HOUSE)) : err(moltbotError("SECRET_NOT_BOUND", { name, host }));
  },
  lendTo: async (who, id, host, use) => {
    if (who !== person || id !== OWN_ID) return err(moltbotError("SECRET_NOT_FOUND", { name: id }));
    return host === BOUND ? ok(await use(OWN)) : err(moltbotError("SECRET_NOT_BOUND", { name: id, host }));
  },
  lendAll: (use) => ok(use([OWN, HOUSE])),
};

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const setUp = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  wish: {
    readonly bounds?: readonly Constraint[];
    readonly keeps?: boolean;
    readonly controls?: Partial<EgressControls>;
  } = {},
) => {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      heard.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server has no other address
  const silent = (): void => undefined;
  const egress = createEgressWith(
    {
      secrets: vault,
      isCanary: () => false,
      lookup: async () => ["93.184.216.34"],
      log: { debug: silent, info: silent, warn: silent, error: silent },
    },
    { ...ALL_CONTROLS, dial: () => ALL_CONTROLS.dial("127.0.0.1", port), ...wish.controls },
  );
  open.push(
    async () => void (server.closeAllConnections(), server.close()),
    () => egress.close(),
  );
  const secrets: SecretNames = {
    ownNamed: (who, name) => (who === person && name === "mine" ? OWN_ID : null),
    mayUseHouse: async () => wish.keeps === true,
  };
  const redeemer: PermitRedeemer = { redeem: () => ok({ bounds: wish.bounds ?? [], resources: [] }) };
  const tools = createToolExecutor({ ...noPorts, egress, secrets, redeemer });
  const run = async (tool: string, args: Parameters<typeof callOf>[1]) => {
    const call = callOf(tool, args);
    const result = await tools.run(permit, call, scope, new AbortController().signal);
    return result.ok ? result.value.text : result.error.code;
  };
  return { heard, run, tools };
};
const url = "http://api.example/v1/notes";

describe("http.request", () => {
  it("sends method, headers and body to the one host, and shows the answer as from outside", async () => {
    const { heard, run, tools } = await setUp((_request, response) =>
      response
        .writeHead(201, { "content-type": "application/json", "x-internal": "no", location: "/v1/notes/7" })
        .end('{"id":7}'),
    );
    const text = await run("http.request", {
      method: "POST",
      url,
      headers: { "Content-Type": "text/plain", Host: "evil" },
      body: "tea",
    });
    expect(text).toBe('201\ncontent-type: application/json\nlocation: /v1/notes/7\n\n{"id":7}');
    expect(heard).toMatchObject([{ method: "POST", url: "/v1/notes", body: "tea", headers: { host: "api.example" } }]);
    const shown = await tools.resolve(callOf("http.request", { method: "POST", url }));
    expect(shown.ok && shown.value.map(({ argument, kind, value }) => [argument, kind, value])).toEqual([
      ["url", "host", BOUND],
      ["method", "value", '"POST"'],
      ["headers", "value", "null"],
      ["secret", "value", "null"],
    ]);
  });

  it("puts a person's own secret on the wire by its name, and the house's for whoever keeps it", async () => {
    const { heard, run } = await setUp((_request, response) => response.end(), { keeps: true });
    await run("http.get", { method: "GET", url, secret: { name: "mine" } });
    await run("http.get", {
      method: "GET",
      url,
      secret: { name: "weather", keptBy: "house", header: "X-Api-Key", prefix: "" },
    });
    expect(heard[0]?.headers.authorization).toBe(`Bearer ${OWN}`);
    expect(heard[1]?.headers["x-api-key"]).toBe(HOUSE);
  });

  it("lets nobody but its person know what their own secret opened", async () => {
    const { tools } = await setUp((_request, response) => response.end("private"), { keeps: true });
    const readersOf = async (secret: { readonly name: string; readonly keptBy?: string } | null) => {
      const call = callOf("http.get", { method: "GET", url, ...(secret === null ? {} : { secret }) });
      const result = await tools.run(permit, call, scope, new AbortController().signal);
      return result.ok && result.value.label.readers;
    };
    expect(await readersOf({ name: "mine" })).toEqual([person]);
    expect(await readersOf({ name: "weather", keptBy: "house" })).toBe("public");
    expect(await readersOf(null)).toBe("public");
  });

  it("puts a secret that is bound to a header there and nowhere else, whatever is asked", async () => {
    const { heard, run } = await setUp((_request, response) => response.end(), { keeps: true });
    const ask = (more: object) =>
      run("http.get", { method: "GET", url, secret: { name: "metered", keptBy: "house", ...more } });
    expect(await ask({})).toBe("200");
    expect(heard[0]?.headers).toMatchObject({ "x-meter": HOUSE });
    expect(heard[0]?.headers).not.toHaveProperty("authorization");
    for (const header of ["Authorization", "X-Api-Key"]) expect(await ask({ header })).toBe("SECRET_HEADER_FIXED");
    expect(heard).toHaveLength(1);
  });

  it("lends nobody what is not theirs, and to no host but its own: nothing is heard there", async () => {
    const { heard, run } = await setUp((_request, response) => response.end());
    expect(await run("http.get", { method: "GET", url, secret: { name: "weather", keptBy: "house" } })).toBe(
      "SECRET_NOT_FOUND",
    );
    expect(await run("http.get", { method: "GET", url, secret: { name: "weather" } })).toBe("SECRET_NOT_FOUND");
    const elsewhere = { method: "GET", url: "http://evil.example/", secret: { name: "mine" } };
    expect(await run("http.get", elsewhere)).toBe("SECRET_NOT_BOUND");
    const shown = { method: "GET", url, secret: { name: "mine", header: "User-Agent" } };
    expect(await run("http.get", shown)).toBe("TOOL_ARGUMENTS_INVALID");
    expect(heard).toEqual([]);
  });

  it.each<readonly [string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ["its body", (request, response) => response.end(`you sent ${request.headers.authorization ?? ""}`)],
    [
      "base64 in its body",
      (request, response) => response.end(Buffer.from(request.headers.authorization ?? "").toString("base64")),
    ],
    ["a header", (request, response) => response.setHeader("etag", request.headers.authorization ?? "").end("x")],
  ])("shows no answer that repeats the secret in %s", async (_where, answer) => {
    const { heard, run } = await setUp(answer);
    const text = await run("http.get", { method: "GET", url, secret: { name: "mine" } });
    expect(text).toContain("Not shown");
    expect(text).not.toContain(OWN);
    expect(heard).toHaveLength(1);
  });

  it("unplug: without the look at the answer the model reads the secret", async () => {
    const backwards = (text: string): string => Array.from(text).toReversed().join("");
    const answers = (request: IncomingMessage, response: ServerResponse): void =>
      void response.setHeader("content-type", "text/plain").end(backwards(request.headers.authorization ?? ""));
    const args = { method: "GET", url, secret: { name: "mine" } };
    const plugged = await setUp(answers);
    expect(await plugged.run("http.get", args)).not.toContain(backwards(OWN));
    const { run } = await setUp(answers, { controls: { keepBack: (_watch, response) => ok(response) } });
    expect(await run("http.get", args)).toContain(backwards(OWN));
  });

  it("carries no secret that the model wrote itself", async () => {
    const { heard, run } = await setUp((_request, response) => response.end());
    for (const args of [
      { method: "POST", url, body: Buffer.from(OWN).toString("base64") },
      { method: "POST", url: `${url}?q=${HOUSE}` },
      { method: "PUT", url, headers: { "x-note": OWN } },
    ])
      expect(await run("http.request", args)).toBe("REQUEST_CARRIES_SECRET");
    expect(heard).toEqual([]);
  });

  it("keeps to the methods and paths of its grant, on the way too", async () => {
    const { heard, run } = await setUp((_request, response) => response.writeHead(307, { location: "/admin" }).end(), {
      bounds: [
        { kind: "path-prefix", argument: "url", prefixes: ["/v1"] },
        { kind: "method-in", argument: "method", methods: ["GET", "POST"] },
      ],
    });
    expect(await run("http.get", { method: "GET", url })).toBe("REQUEST_NOT_ALLOWED");
    expect(await run("http.request", { method: "DELETE", url })).toBe("REQUEST_NOT_ALLOWED");
    expect(await run("http.request", { method: "POST", url, body: "x" })).toContain("307\nlocation: /admin");
    expect(heard.map(({ method, url: path }) => `${method} ${path}`)).toEqual(["GET /v1/notes", "POST /v1/notes"]);
  });

  it("never says that it failed what may have happened", async () => {
    const { heard, run } = await setUp((request) => request.socket.destroy());
    expect(await run("http.request", { method: "POST", url, body: "pay" })).toBe("TOOL_OUTCOME_UNKNOWN");
    expect(await run("http.get", { method: "GET", url })).toBe("FETCH_FAILED");
    expect(heard.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  it.each<readonly [string, Parameters<typeof callOf>[1]]>([
    ["http.get", { method: "POST", url }],
    ["http.get", { method: "GET", url, body: "x" }],
    ["http.request", { method: "GET", url }],
    ["http.request", { method: "CONNECT", url }],
    ["http.request", { method: "POST", url, headers: { "x\r\ny": "1" } }],
    ["http.request", { method: "POST", url, headers: { x: "1\r\nHost: evil" } }],
    ["http.request", { method: "POST", url, secret: { name: "mine", value: "x" } }],
  ])("%s refuses %j", async (tool, args) => {
    const { heard, run } = await setUp((_request, response) => response.end());
    expect(await run(tool, args)).toBe("TOOL_ARGUMENTS_INVALID");
    expect(heard).toEqual([]);
  });

  it("says what it does, shows what it sends, and shows no bytes that are no text", async () => {
    const { tools, run } = await setUp((_request, response) =>
      response.setHeader("content-type", "image/png").end("xxxx"),
    );
    const call = callOf("http.request", { method: "POST", url, secret: { name: "mine" }, body: "tea" });
    expect(tools.describe(call)).toBe(`Sends POST to “${url}”, with the secret “mine”.`);
    expect(await tools.preview(call)).toEqual({ kind: "message", text: "tea" });
    expect(await run("http.get", { method: "GET", url })).toContain("[4 bytes that are no text]");
  });
});
