import { ConversationId, Digest, MessageId, PrincipalId, PromptId, SecretId, ShareId } from "@moltbot/contracts";
import type { OperationOutput, Prompt, Share } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { idText, NOW, person } from "../testing/people-samples.ts";
import { run } from "../testing/run.ts";
import { agent, report, secretInfo } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const [ME, ADA] = [PrincipalId.parse(idText(1)), PrincipalId.parse(idText(2))];
const CONVERSATION = ConversationId.parse(idText(10));
const LAST = MessageId.parse(idText(11));
const SEEN = Digest.parse("ab".repeat(32));
const prompt = (n: number, wish: Partial<Prompt> = {}): Prompt => ({
  id: PromptId.parse(idText(n)),
  ownerId: ME,
  name: "short",
  text: "Be\nshort.",
  writtenBy: ME,
  createdAt: NOW,
  updatedAt: NOW,
  ...wish,
});
const conversation = {
  id: CONVERSATION,
  agentId: agent().id,
  ownerId: ME,
  audience: [ME],
  title: "the rent",
  heads: { main: LAST },
  activeHead: "main",
  createdAt: NOW,
  updatedAt: NOW,
};
const reply = report("done", {}).reply;
if (reply === null) throw new Error("the sample has one");
const foreseen: OperationOutput<"shares.foresee"> = {
  messages: [
    { ...reply, role: "user", parts: [{ type: "text", text: "canary\u202eword" }] },
    {
      ...reply,
      parts: [{ type: "quote", kind: "quoted", from: "Bank", text: "pay", label: reply.label }],
    },
  ],
  sources: ["host:bank.example"],
  masked: 1,
  digest: SEEN,
};
const share = (object: Share["object"], upTo: Share["upTo"] = null): Share => ({
  id: ShareId.parse(idText(5)),
  object,
  to: { kind: "person", id: ADA },
  rights: ["use"],
  effect: "allow",
  upTo,
  by: ME,
  at: NOW,
});
const BASE = {
  "GET /v2/people": { json: [person(1, "Me"), person(2, "Ada")] },
  "GET /v2/teams": { json: [] },
  "GET /v2/sessions/current": { json: { ...person(1, "Me"), tenantId: idText(9), kind: "person" } },
  "GET /v2/prompts": { json: [prompt(20)] },
  "GET /v2/secrets": {
    json: [
      secretInfo("weather", { id: idText(31), ownerId: ADA }),
      secretInfo("weather", { id: idText(30), ownerId: ME }),
      secretInfo("weather", { id: idText(32) }),
    ],
  },
  "GET /v2/conversations?limit=200": { json: [conversation] },
  [`GET /v2/conversations/${CONVERSATION}`]: { json: conversation },
  [`GET /v2/shares/release?conversationId=${CONVERSATION}&upTo=${LAST}`]: { json: foreseen },
};

describe("sharing a conversation", () => {
  const object = { type: "conversation", id: CONVERSATION } as const;
  const answers = { ...BASE, "PUT /v2/shares": { json: share(object, LAST) } };
  const words = ["share", `conversation:${CONVERSATION}`, "Ada"];

  it("shows all that would leave, every character visible, and shares nothing by itself", async () => {
    const shown = await run(words, answers);
    expect(shown.exit).toBe(6);
    for (const part of [
      "canary\\u202eword",
      "quoted from Bank: pay",
      "from: host:bank.example",
      "1 recognised secret is masked",
      SEEN,
    ])
      expect(shown.out).toContain(part);
    expect(shown.err).toContain(`--seen ${SEEN}`);
    expect(shown.asked.some(({ route }) => route.startsWith("PUT"))).toBe(false);
    const asked = await run([...words, "--json"], answers);
    expect(JSON.parse(asked.out)).toMatchObject({ digest: SEEN });
    expect(asked.exit).toBe(6);
  });

  it("shares what was seen and says so", async () => {
    const done = await run([...words, "--seen", SEEN, "--up-to", LAST], answers);
    expect(done.asked.at(-1)).toMatchObject({
      route: "PUT /v2/shares",
      body: { object, to: { kind: "person", id: ADA }, rights: ["use"], upTo: LAST, seen: SEEN },
    });
    expect(done.out).toContain("Ada may read the rent");
    for (const argv of [
      ["--seen", "x"],
      ["--up-to", "x"],
    ])
      expect(await run([...words, ...argv], answers)).toMatchObject({ code: "USAGE" });
  });

  it("is foreseen by itself, and not for what is none or says nothing", async () => {
    expect((await run(["shares", "foresee", CONVERSATION], answers)).out).toContain(SEEN);
    expect(await run(["shares", "foresee", idText(99)], answers)).toMatchObject({ code: "NOT_FOUND" });
    expect(await run(["shares", "foresee", "prompt:short"], answers)).toMatchObject({ code: "USAGE" });
    const empty = { ...conversation, heads: { main: null } };
    const silent = { ...answers, [`GET /v2/conversations/${CONVERSATION}`]: { json: empty } };
    expect(await run(["shares", "foresee", CONVERSATION], silent)).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("sharing prompts and secrets", () => {
  it("finds one's own before another's of the same name, and never the house's", async () => {
    const secret = { type: "secret", id: SecretId.parse(idText(30)) } as const;
    const shared = await run(["share", "secret:weather", "Ada"], {
      ...BASE,
      "PUT /v2/shares": { json: share(secret) },
    });
    expect(shared.asked.at(-1)).toMatchObject({ body: { object: secret } });
    const text = { type: "prompt", id: prompt(20).id } as const;
    const kept = await run(["deny", "prompt:short", "everyone"], { ...BASE, "PUT /v2/shares": { json: share(text) } });
    expect(kept.asked.at(-1)).toMatchObject({ body: { object: text, effect: "deny" } });
    const twice = { ...BASE, "GET /v2/prompts": { json: [20, 21].map((n) => prompt(n, { ownerId: ADA })) } };
    expect(await run(["share", "prompt:short", "Ada"], twice)).toMatchObject({ code: "USAGE" });
    expect(await run(["share", "prompt:nothing", "Ada"], BASE)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("is listed by kind and name, and ended and explained by them", async () => {
    const things = [
      share({ type: "prompt", id: prompt(20).id }),
      share({ type: "secret", id: SecretId.parse(idText(30)) }),
      share({ type: "conversation", id: CONVERSATION }, LAST),
    ];
    const listed = await run(["shares"], { ...BASE, "GET /v2/shares": { json: things } });
    for (const what of ["prompt:short", "secret:weather", "conversation:the rent"])
      expect(listed.out).toMatch(new RegExp(`${what} +Ada +use`));
    const ended = await run(["unshare", "prompt:short", "Ada"], {
      ...BASE,
      "GET /v2/shares": { json: things.slice(0, 1) },
      [`DELETE /v2/shares/${idText(5)}`]: { json: {} },
    });
    expect(ended.out).toContain("ended: allow use");
    const answer = { allowed: true, because: [{ rule: "owner", says: "It is theirs.", shareId: null }] };
    const explained = await run(["access", "explain", "me", "prompt:short"], {
      ...BASE,
      [`GET /v2/access?promptId=${prompt(20).id}`]: { json: answer },
    });
    expect(explained.out).toContain("yes\n");
  });
});

describe("prompts", () => {
  it("are listed with whose words they are", async () => {
    const all = [
      prompt(20),
      prompt(21, { name: "theirs", ownerId: ADA, writtenBy: ADA }),
      prompt(22, { name: "changed", writtenBy: ADA }),
      prompt(23, { name: "program", writtenBy: null }),
    ];
    const { out } = await run(["prompt"], { ...BASE, "GET /v2/prompts": { json: all } });
    expect(out).toMatch(/short +yours .*Be short\./);
    expect(out).toMatch(/theirs +Ada's: quoted/);
    expect(out).toMatch(/changed +Ada's: quoted/);
    expect(out).toMatch(/program +nobody's/);
    expect((await run(["prompt", "show", "short"], BASE)).out).toBe("Be\nshort.\n");
    expect((await run(["prompt"], { "GET /v2/prompts": { json: [] } })).out).toBe("There are no prompts.\n");
  });

  it("are kept, changed, removed and used by name", async () => {
    const made = await run(["prompt", "add", "short", "--text", "Be short."], {
      "POST /v2/prompts": { status: 201, json: prompt(20) },
    });
    expect(made.asked).toMatchObject([{ body: { name: "short", text: "Be short." } }]);
    const path = `/v2/prompts/${prompt(20).id}`;
    const changed = await run(["prompt", "change", "short", "--name", "brief"], {
      ...BASE,
      [`PATCH ${path}`]: { json: prompt(20, { name: "brief" }) },
    });
    expect(changed.asked.at(-1)).toMatchObject({ body: { name: "brief" } });
    const removed = await run(["prompt", "remove", "short"], { ...BASE, [`DELETE ${path}`]: { json: {} } });
    expect(removed.out).toContain("is removed");
    for (const argv of [
      ["add", "x"],
      ["add", "x", "--text", "a", "--file", "b"],
      ["change", "short"],
    ])
      expect(await run(["prompt", ...argv], BASE), argv.join(" ")).toMatchObject({ code: "USAGE" });
    const agents = { "GET /v2/agents": { json: [agent()] } };
    const sent = await run(["chat", "--prompt", "short", "--message", "", "--json"], {
      ...BASE,
      ...agents,
      [`POST /v2/agents/${agent().id}/messages`]: { json: report("done", {}) },
    });
    expect(sent.asked.at(-1)).toMatchObject({ body: { content: "", promptId: prompt(20).id } });
    expect(await run(["chat", "--prompt", "short"], { ...BASE, ...agents })).toMatchObject({ code: "USAGE" });
  });
});

describe("secrets of one's own", () => {
  it("are told from the house's and from others'", async () => {
    const { out } = await run(["secret", "list"], BASE);
    expect(out).toMatch(/weather +Ada +other/);
    expect(out).toMatch(/weather +me +other/);
    expect(out).toMatch(/weather +the house +other/);
  });

  it("are set and removed as one's own, or by their id", async () => {
    const remove = (argv: readonly string[], query: string) =>
      run(["secret", "remove", "weather", ...argv], { [`DELETE /v2/secrets/weather${query}`]: { json: {} } });
    expect((await remove([], "")).out).toContain("removed");
    expect((await remove(["--mine"], "?of=me")).out).toContain("removed");
    expect((await remove(["--of", idText(31)], `?of=${idText(31)}`)).out).toContain("removed");
    expect(await remove(["--of", "x"], "")).toMatchObject({ code: "USAGE" });
    expect(await remove(["--of", idText(31), "--mine"], "")).toMatchObject({ code: "USAGE" });
  });
});
