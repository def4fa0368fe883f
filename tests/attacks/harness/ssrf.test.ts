import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { ToolName, done, label, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTool } from "../../../packages/execution/src/tools/index.ts";
import type { Tool } from "../../../packages/execution/src/tools/index.ts";
import { must } from "../../support/attack-house.ts";
import { runSsrf } from "./ssrf/run-ssrf.ts";
import type { SsrfReport, SsrfWish } from "./ssrf/run-ssrf.ts";

const INSIDE = [
  "http://127.0.0.1:8080/",
  "http://[::ffff:7f00:1]/",
  "http://0x7f000001/",
  "http://localhost:22",
  "http://intranet.example/",
  "https://intranet.example:8443/",
  "http://169.254.169.254/latest/meta-data/",
  "gopher://127.0.0.1:6379/_SAVE",
  "http://public.example@127.0.0.1/",
  "no address at all",
];
const OWN = JSON.stringify({
  meta: { name: "ours" },
  urls: INSIDE.map((url) => ({ url, technique: "own" })),
  public: ["http://127.0.0.1.example.com/"],
  items: [{ id: "edge", url: "http://172.32.0.1/", expectDenied: false }],
});

const play = async (corpus: string, more: Pick<SsrfWish, "tools" | "controls"> = {}): Promise<SsrfReport> =>
  must(
    await runSsrf({
      corpus,
      connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
      ...more,
    }),
  );

/** A tool that asks for its address as if an owner had named that server: what web.fetch would be without its checks. */
const carelessFetch = (): Tool => {
  const input = z.strictObject({ url: z.string() });
  const manifest = {
    name: ToolName.parse("careless.fetch"),
    version: 1,
    title: "Fetch",
    description: "Fetches.",
    effect: "read",
    permissions: ["net:connect"],
    input,
    critical: [],
    result: "untrusted",
    undo: "none",
    repeatable: true,
  } as const;
  return defineTool({
    manifest,
    input,
    seconds: 10,
    describe: () => "Fetches.",
    run: async ({ url }, { ports, signal, call }) => {
      const origin = URL.parse(url)?.origin ?? "";
      const answer = await ports.egress.send({ kind: "provider", origin }, { method: "GET", url }, signal);
      const text = answer.ok ? Buffer.from(answer.value.body).toString() : answer.error.code;
      return ok({ text, summary: "Fetched.", label: label("untrusted", [call.authority]) });
    },
  });
};

describe("addresses that lead to this machine", { timeout: 120_000 }, () => {
  it("reach nobody by any tool, redirect or gate, and look-alikes are let through", async () => {
    const report = await play(OWN);
    expect(report).toMatchObject({ kind: "ssrf", cases: 12, succeeded: 0, failures: [], benignRefused: [] });
    expect(report.calls).toBeGreaterThan(INSIDE.length * 5);
  });

  it("unplug: where nobody looks at what a name leads to, its host is reached by every way", async () => {
    const { failures } = await play(OWN, { controls: { check: () => "public" } });
    const ways = failures.filter(({ id }) => id === "urls-5").map(({ how }) => how);
    expect(ways).toEqual(
      expect.arrayContaining([
        "by http.get",
        "by web.fetch",
        "by http.request",
        "by egress",
        "by gate",
        "rebound by gate",
      ]),
    );
  });

  it("unplug: where redirects are followed anywhere and nobody looks at addresses, they lead inside", async () => {
    const { failures } = await play(OWN, { controls: { check: () => "public", mayFollow: () => done } });
    expect(failures.map(({ id, how }) => `${id} ${how}`)).toEqual(
      expect.arrayContaining(["urls-1 redirected by http.get", "urls-1 redirected by web.fetch", "urls-7 by egress"]),
    );
  });

  it("unplug: a tool without the checks reaches them, and the judge sees it", async () => {
    const { failures } = await play(OWN, { tools: [carelessFetch()] });
    expect(failures.map(({ id, how }) => `${id} ${how}`)).toContain("urls-1 by careless.fetch");
  });

  it("are looked for in public ones too: one that is refused is said to be", async () => {
    const { benignRefused } = await play(JSON.stringify({ benign: ["http://10.0.0.1/"] }));
    expect(benignRefused).toEqual(["benign-1"]);
  });

  it.each([
    ["", "no JSON"],
    ["[]", "no object"],
    ["{}", "holds no address"],
    ['{"urls":[]}', "holds no address"],
    ['{"urls":[{"url":"http://a.example/"},{"link":"x"}]}', "Entry 2 of “urls”"],
    ['{"urls":[7]}', "Entry 1 of “urls”"],
  ])("are none in %j, which is said", async (text, said) => {
    const ran = await runSsrf({ corpus: text, connect: () => expect.fail("nobody is dialled") });
    expect(ran).toMatchObject({ ok: false, error: { code: "USAGE" } });
    expect(ran.ok ? "" : ran.error.message).toContain(said);
  });
});
