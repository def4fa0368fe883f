import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import { must, photograph, startAttackHouse } from "../support/attack-house.ts";
import type { AttackHouse } from "../support/attack-house.ts";

const SECRET = "sk-canary-9f8e7d6c5b4a-SECRET";
const LENT = "sk-canary-lent-0a1b2c3d-SECRET";
const CHAT = "my cat is called Canary-Marmalade-4711";

/** The forms in which a text could lie somewhere by accident. */
const forms = (text: string): readonly string[] => [
  text,
  Buffer.from(text).toString("base64").replace(/=+$/, "").slice(0, -2),
  Buffer.from(text).toString("hex"),
  encodeURIComponent(text),
  Buffer.from(text, "utf8").toString("utf16le"),
];

describe("secrets: stored once, shown to nobody", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let vendor: { readonly port: number; readonly seen: string[]; close(): void };
  let token: string;

  beforeAll(async () => {
    // A model vendor that fails and prints what it was sent: the worst place for a key to come back from.
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization ?? "");
      request.resume();
      const echo = `bad key: ${request.headers.authorization ?? "none"}`;
      response
        .writeHead(401, echo.replaceAll(/[^\x20-\x7e]/g, ""), { "content-type": "application/json", "x-echo": echo })
        .end(JSON.stringify({ error: { message: echo } }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    vendor = { port: (server.address() as AddressInfo).port, seen, close: () => server.close() };
    const baseUrl = `http://127.0.0.1:${String(vendor.port)}/v1`;
    house = await startAttackHouse({
      providers: {
        unbound: { baseUrl, secret: "elsewhere" },
        bound: { baseUrl, secret: "vendor" },
        missing: { baseUrl, secret: "nowhere" },
      },
      settings: { log: { level: "debug" } },
    });
    token = await house.tokenOf("owner");
    must(await house.client.call("secrets.set", { name: "elsewhere", value: SECRET, hosts: ["api.vendor.invalid"] }));
    must(
      await house.client.call("secrets.set", {
        name: "vendor",
        value: LENT,
        hosts: [`127.0.0.1:${String(vendor.port)}`, "127.0.0.1"],
      }),
    );
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
    vendor.close();
  });

  const sendTo = async (model: string): Promise<string> => {
    const agent = must(await house.client.call("agents.create", { name: model, model }));
    const report = must(
      await house.client.call("messages.send", { agentId: agent.id, content: "hello", conversationId: "new" }),
    );
    expect(report.state).toBe("failed");
    return JSON.stringify(report);
  };

  it("lends a secret to no host that it is not bound to, and calls nobody without it", async () => {
    const said = await sendTo("unbound");
    expect(vendor.seen).toEqual([]);
    expect(said).not.toContain(SECRET);
    await sendTo("missing");
    expect(vendor.seen).toEqual([]);
  });

  it("lends a secret to its own host, and lets it not come back through the host's error", async () => {
    const said = await sendTo("bound");
    expect(vendor.seen).toEqual([`Bearer ${LENT}`]);
    for (const form of forms(LENT)) expect(said).not.toContain(form);
  });

  it("refuses a secret that is not well formed without repeating it", async () => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    for (const [path, body] of [
      ["/v2/secrets/x", { value: SECRET, hosts: [] }],
      ["/v2/secrets/x", { value: SECRET, hosts: [SECRET.repeat(20)] }],
      ["/v2/secrets/UPPER", { value: SECRET, hosts: ["a.invalid"] }],
      ["/v2/secrets/x", { value: SECRET, hosts: ["a.invalid"], note: SECRET }],
      ["/v2/secrets/x", { value: [SECRET], hosts: ["a.invalid"] }],
      ["/v2/secrets/x", { values: SECRET, hosts: ["a.invalid"] }],
    ] as const) {
      const said = await house.http({ method: "PUT", path, headers, body: JSON.stringify(body) });
      expect(said.status).toBe(400);
      expect(said.text).not.toContain(SECRET);
    }
    const broken = await house.http({ method: "PUT", path: "/v2/secrets/x", headers, body: `{"value":"${SECRET}",` });
    expect(broken.status).toBe(400);
    expect(broken.text).not.toContain(SECRET);
  });

  it.each([
    "*",
    "*.invalid",
    "a.invalid/path",
    "https://a.invalid",
    "a.invalid:99999",
    "a.invalid:0",
    "a.invalid:",
    " a.invalid",
    "user@a.invalid",
    "a invalid",
    "a.invalid\nb.invalid",
    "",
  ])("binds no secret to %j", async (host) => {
    const said = await house.client.call("secrets.set", { name: "wild", value: SECRET, hosts: [host] });
    const kept = must(await house.client.call("secrets.list", {})).filter(({ name }) => name === "wild");
    if (said.ok) must(await house.client.call("secrets.remove", { name: "wild" }));
    expect(kept).toEqual([]);
    expect(said.ok).toBe(false);
  });

  it("gives a model no way to read the vault, the settings or another's words", async () => {
    const { report } = await house.obey([
      [
        "../../vault/secrets",
        "../../vault",
        "../../moltbot.json5",
        "../../logs/gateway.jsonl",
        "../../audit/log.jsonl",
        "/proc/self/environ",
      ].map((path) => ({ tool: "file.read", arguments: { path } })),
      [
        { tool: "memory.search", arguments: { query: "sk-canary" } },
        { tool: "memory.search", arguments: { query: "secret vendor elsewhere" } },
      ],
    ]);
    expect(report.state).toBe("done");
  });

  it("shows a secret in no answer of the API, no prompt, no log and no file of the home", async () => {
    const { report } = await house.obey([[{ tool: "memory.save", arguments: { text: CHAT } }]], { content: CHAT });
    await house.obey([
      [
        { tool: "memory.save", arguments: { text: CHAT } },
        { tool: "reminder.create", arguments: { minutes: 5, text: CHAT } },
        { tool: "web.fetch", arguments: { url: `https://a.invalid/?q=${encodeURIComponent(CHAT)}` } },
      ],
    ]);
    const answers: string[] = [];
    for (const name of OPERATION_NAMES) {
      const { method, path } = OPERATIONS[name];
      if (method !== "GET" && name !== "system.doctor" && name !== "audit.verify") continue;
      const filled = path
        .replace("{agentId}", house.agent.id)
        .replace("{conversationId}", report.conversationId)
        .replace("{turnId}", report.turnId);
      const said = await house.http({
        method,
        path: filled,
        headers: {
          authorization: `Bearer ${token}`,
          ...(method === "GET" ? {} : { "content-type": "application/json" }),
        },
        ...(method === "GET" ? {} : { body: "{}" }),
      });
      answers.push(said.text);
    }
    const prompts = JSON.stringify(house.model.requests);
    for (const form of [...forms(SECRET), ...forms(LENT), token]) {
      expect(answers.join("\n")).not.toContain(form);
      expect(prompts).not.toContain(form);
    }
    const [log, exported] = [
      answers.find((text) => text.includes("jsonl")) ?? "",
      must(await house.client.call("audit.export", {})).jsonl,
    ];
    for (const form of forms(CHAT)) expect(log + exported).not.toContain(form);
    const files = Object.entries(photograph(house.place.root)).filter(([, what]) => /^1\d{5} /.test(what));
    expect(files.length).toBeGreaterThan(5);
    for (const [file] of files) {
      const bytes = readFileSync(file);
      for (const form of [...forms(SECRET), ...forms(LENT), ...forms(token), ...forms(CHAT)])
        expect(bytes.includes(form), `${file} holds ${form.slice(0, 8)}…`).toBe(false);
    }
  });

  it("forgets a removed secret at once", async () => {
    must(await house.client.call("secrets.remove", { name: "vendor" }));
    const before = vendor.seen.length;
    await sendTo("bound");
    expect(vendor.seen).toHaveLength(before);
  });
});
