import { ToolName, ok } from "@moltbot/contracts";
import type { AgentId, JsonObject, Result, TurnReport } from "@moltbot/contracts";
import type { EgressControls } from "../../../../packages/execution/src/egress/create-egress.ts";
import { parseTarget } from "../../../../packages/execution/src/egress/index.ts";
import type { Tool } from "../../../../packages/execution/src/tools/index.ts";
import { saidModel } from "../../../../packages/gateway/src/drill/claw/said-model.ts";
import { openDrillHouse } from "../../../../packages/gateway/src/drill/index.ts";
import type { DrillHouse, DrillWish } from "../../../../packages/gateway/src/drill/index.ts";
import { must } from "../../../support/must.ts";
import { readSsrfCorpus } from "./corpus.ts";
import type { SsrfCase } from "./corpus.ts";
import { throughGate } from "./through-gate.ts";
import { REDIRECTS, openSsrfWorld } from "./world.ts";
import type { SsrfWorld } from "./world.ts";

export interface SsrfWish {
  readonly corpus: string;
  readonly connect: DrillWish["connect"];
  readonly progress?: (done: number, all: number) => void;
  /** Hung in beside the built-in ones and tried with every address as well; none in earnest. */
  readonly tools?: readonly Tool[];
  /** In the place of controls of egress; none in earnest. */
  readonly controls?: Partial<EgressControls>;
}

/** One address by which somebody inside was reached, and by which way. */
export interface SsrfFailure {
  readonly id: string;
  readonly how: string;
}

export interface SsrfReport {
  readonly kind: "ssrf";
  readonly cases: number;
  readonly calls: number;
  readonly succeeded: number;
  readonly failures: readonly SsrfFailure[];
  /** Public addresses that were not let through: none may be. */
  readonly benignRefused: readonly string[];
}

interface Call {
  readonly tool: string;
  readonly arguments: JsonObject;
}

/** Public, although each looks like something of this machine or its network. */
const LOOK_ALIKES: readonly string[] = [
  "http://127.0.0.1.example.org/",
  "http://localhost.example.org/",
  "http://localhosts.example/",
  "http://169.254.169.254.example.org/latest/meta-data/",
  "http://metadata.google.internal.example.org/",
  "http://10.example.org/",
  "http://a.b-192-168-1-1.example.org:8080/",
  "http://1.1.1.1/",
  "http://11.0.0.1/",
  "http://9.255.255.255/",
  "http://100.63.255.255/",
  "http://100.128.0.1/",
  "http://126.255.255.255/",
  "http://128.0.0.1/",
  "http://169.253.255.255/",
  "http://169.255.0.1/",
  "http://172.15.255.255/",
  "http://172.32.0.1/",
  "http://192.167.255.255/",
  "http://192.169.0.1/",
  "http://198.20.0.1/",
  "http://223.255.255.254/",
  "https://1.0.0.127/",
  "http://[2606:4700:4700::1111]/",
  "http://[2a00:1450:4001::7f00:1]/",
  "http://xn--mnchen-3ya.example/",
  "http://example.org/?url=http://127.0.0.1/",
  "http://example.org/127.0.0.1/",
];
const REFUSALS = /^(URL_INVALID|ADDRESS_REFUSED|HOST_UNRESOLVED|HOST_NOT_ALLOWED|TOOL_ARGUMENTS_INVALID|REQUEST_.*)$/;
/** As many calls as a model can make at once. */
const MOST_CALLS = 30;

const never = new AbortController().signal;

/** What a model asks for with one address, by every tool that reaches the network. */
const byTools = (url: string, more: readonly Tool[]): readonly Call[] => [
  { tool: "http.get", arguments: { method: "GET", url } },
  { tool: "web.fetch", arguments: { url } },
  { tool: "http.request", arguments: { method: "POST", url, body: "x=1" } },
  ...more.map(({ manifest }) => ({ tool: manifest.name, arguments: { url } })),
];

/** The same where a public host sends the request on. */
const byRedirects = (url: string, world: SsrfWorld): readonly Call[] => [
  { tool: "http.get", arguments: { method: "GET", url: world.redirectTo(url, 302) } },
  { tool: "web.fetch", arguments: { url: world.redirectTo(url, 307) } },
];

/** Past the tools: the way out itself, told that the call names the address; and once more behind a redirect. */
const byEgress = async (url: string, world: SsrfWorld): Promise<number> => {
  const { egress } = world;
  const target = parseTarget(url);
  const read = URL.parse(url);
  const port = read?.protocol === "https:" ? 443 : 80;
  const hosts = [
    `${REDIRECTS}:80`,
    ...(target.ok ? [target.value.authority] : []),
    ...(read === null ? [] : [read.host, `${read.hostname}:${String(port)}`]),
  ];
  const authority = { kind: "tool", hosts, granted: [] } as const;
  await egress.send(authority, { method: "GET", url }, never);
  for (const status of [302, 308])
    await egress.send(authority, { method: "GET", url: world.redirectTo(url, status) }, never);
  await egress
    .fetchFor(
      authority,
      null,
    )(url)
    .then((answer) => answer.text())
    .catch(() => null);
  return 4;
};

/** Sends one turn, says yes to everything it asks (the worst case: a person who reads none), and gives what its calls gave back. */
const play = async (house: DrillHouse, agent: AgentId) => {
  let report: TurnReport = must(await house.send(agent, "Please look these up."));
  if (report.reply === null && report.approvals.length === 0) report = must(await house.standing(report));
  while (report.approvals.length > 0) {
    for (const { id } of report.approvals) must(await house.answer(id, "allow"));
    report = must(await house.standing(report));
  }
  const { conversationId } = report;
  return must(await house.door.call("conversations.messages", { conversationId, limit: 500 }))
    .flatMap(({ parts }) => parts)
    .flatMap((part) => (part.type === "result" ? [part] : []));
};

const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));

/** Tries every address of a corpus of this kind with every tool of a real gateway, behind redirects, past the tools and by the gate of programs. */
export const runSsrf = async (wish: SsrfWish): Promise<Result<SsrfReport>> => {
  const corpus = readSsrfCorpus(wish.corpus);
  if (!corpus.ok) return corpus;
  const { tools = [], progress } = wish;
  const world = await openSsrfWorld(wish.controls);
  let calls: readonly Call[] = [];
  const model = saidModel("ssrf", ({ messages }) => {
    const from = messages.slice(messages.findLastIndex(({ role }) => role === "user") + 1);
    return from.some(({ role }) => role === "assistant") ? { text: "Done." } : { calls };
  });
  const opened = await openDrillHouse({
    tools,
    models: { ssrf: model },
    egress: world.egress,
    connect: wish.connect,
  });
  if (!opened.ok) {
    await world.close();
    return opened;
  }
  const house = opened.value;
  let made = 0;
  const failures: SsrfFailure[] = [];
  try {
    const agent = must(await house.addAgent({ name: "ssrf", granted: tools.map(({ manifest }) => manifest.name) }));
    // The worst case again: the host that redirects was allowed long ago.
    for (const tool of ["http.get", "web.fetch"] as const) {
      const constraints = [{ kind: "host-in", argument: "url", hosts: [`${REDIRECTS}:80`] }] as const;
      must(await house.grant({ holder: agent, tool: ToolName.parse(tool), constraints: [...constraints] }));
    }
    /** Whether a turn with these calls reached anybody inside. */
    const reaches = async (wanted: readonly Call[]): Promise<boolean> => {
      calls = wanted;
      const results = await play(house, agent);
      // A call that was never made would count as one that reached nobody.
      if (results.length !== wanted.length)
        throw new Error(`${String(results.length)} of ${String(wanted.length)} calls were made`);
      made += results.length;
      return world.dialled().inside.length > 0 || results.some(({ text }) => world.tells(text));
    };
    const attack = async (cases: readonly SsrfCase[], how: string, callsOf: (url: string) => readonly Call[]) => {
      if (!(await reaches(cases.flatMap(({ url }) => callsOf(url))))) return;
      // One of them did: each once more, alone.
      for (const { id, url } of cases)
        for (const call of callsOf(url)) if (await reaches([call])) failures.push({ id, how: `${how} ${call.tool}` });
    };
    const attackPastTools = async ({ id, url }: SsrfCase, how: string): Promise<void> => {
      made += await byEgress(url, world);
      if (world.dialled().inside.length > 0) failures.push({ id, how: `${how} egress` });
      made += await throughGate(world, url);
      if (world.dialled().inside.length > 0) failures.push({ id, how: `${how} gate` });
    };

    const hostile = corpus.value.filter(({ isPublic }) => !isPublic);
    const named = hostile.filter(({ url }) => {
      const target = parseTarget(url);
      return target.ok && target.value.range === "unresolved";
    });
    const all = hostile.length + named.length;
    let done = 0;
    for (const [leads, cases] of [
      ["inside", hostile],
      ["rebinds", named],
    ] as const) {
      world.lead(leads);
      const how = leads === "inside" ? "by" : "rebound by";
      for (const batch of inBatches(cases, Math.floor(MOST_CALLS / (3 + tools.length)))) {
        await attack(batch, how, (url) => byTools(url, tools));
        await attack(batch, `redirected ${how}`, (url) => byRedirects(url, world));
        for (const one of batch) await attackPastTools(one, how);
        done += batch.length;
        progress?.(done, all);
      }
    }

    world.lead("outside");
    const benignRefused: string[] = [];
    const open = [...LOOK_ALIKES.map((url) => ({ id: url, url })), ...corpus.value.filter(({ isPublic }) => isPublic)];
    /** Whether every one of these is let through, by a tool and by the gate. */
    const areLetThrough = async (cases: readonly { readonly url: string }[]): Promise<boolean> => {
      calls = cases.map(({ url }) => ({ tool: "http.get", arguments: { method: "GET", url } }));
      const results = await play(house, agent);
      const byTool = world.dialled();
      for (const { url } of cases) await throughGate(world, url);
      const byGate = world.dialled();
      return (
        results.every(({ code }) => !REFUSALS.test(code ?? "")) &&
        [byTool, byGate].every(({ inside, outside }) => inside.length === 0 && outside.length >= cases.length)
      );
    };
    const refusedAmong = async (cases: typeof open): Promise<readonly string[]> => {
      if (await areLetThrough(cases)) return [];
      if (cases.length === 1) return cases.map(({ id }) => id);
      const half = Math.ceil(cases.length / 2);
      return [...(await refusedAmong(cases.slice(0, half))), ...(await refusedAmong(cases.slice(half)))];
    };
    for (const batch of inBatches(open, MOST_CALLS)) benignRefused.push(...(await refusedAmong([...batch])));
    return ok({
      kind: "ssrf",
      cases: corpus.value.length,
      calls: made,
      succeeded: new Set(failures.map(({ id }) => id)).size,
      failures,
      benignRefused,
    });
  } finally {
    await house.close();
    await world.close();
  }
};
