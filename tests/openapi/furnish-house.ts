import { join } from "node:path";
import { PluginName } from "@moltbot/contracts";
import type { Person, TurnReport } from "@moltbot/contracts";
import { must } from "../support/must.ts";
import { askedLast, scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";
import { aPluginManifest, aSkillManifest, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage } from "../support/packages.ts";
import { signInWith } from "../support/people.ts";
import type { ApiOperation } from "./read-document.ts";

/** Fields that hold an id of something which the paths call otherwise. */
const ALSO: Readonly<Record<string, string>> = {
  agent: "agentId",
  holder: "agentId",
  person: "personId",
  memberId: "personId",
  head: "messageId",
  upTo: "messageId",
  revokeId: "capabilityId",
  decision: "decisionId",
  id: "callId",
  subject: "conversationId",
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MOST_KNOWN = 12;

/** What the house told so far, by the name of the field or of the path's parameter. */
export interface Known {
  readonly of: (name: string) => readonly unknown[];
  /** Takes the ids out of an answer to this operation. */
  readonly learn: (operation: ApiOperation, json: unknown) => void;
  readonly add: (name: string, value: unknown) => void;
}

/** Learns ids from answers; what is in `kept` is never handed out, because a request would be the last one of this run. */
export const createKnown = (operations: readonly ApiOperation[], kept: ReadonlySet<string>): Known => {
  const known = new Map<string, unknown[]>();
  const add = (name: string, value: unknown): void => {
    if (value === undefined || (typeof value === "string" && kept.has(value))) return;
    const there = (known.get(name) ?? []).filter((one) => one !== value);
    known.set(name, [value, ...there].slice(0, MOST_KNOWN));
  };
  /** `/v2/agents/{agentId}` → its list's path and `agentId`. */
  const parents = operations.flatMap(({ path }) => {
    const [, parent, name] = /^(.*)\/\{(\w+)\}/.exec(path) ?? [];
    return parent === undefined || name === undefined || parent.includes("{") ? [] : [[parent, name] as const];
  });
  const harvest = (json: unknown, own: string | undefined): void => {
    if (Array.isArray(json)) return json.slice(0, MOST_KNOWN).forEach((one) => harvest(one, own));
    if (typeof json !== "object" || json === null) return;
    for (const [key, value] of Object.entries(json)) {
      if (typeof value === "string" && UUID.test(value)) {
        if (key === "id" && own !== undefined) add(own, value);
        else if (key.endsWith("Id")) add(key, value);
      } else if (typeof value === "string" && key === "url") {
        // Nobody comes in by an invitation: whoever is there could be made the owner in this run's place.
        if (!("person" in json)) add("code", value.split("#code=")[1]);
      } else if (typeof value === "string" && key === "file") add("file", value);
      else if (key === "data") harvest(value, own);
      else harvest(value, /^(.*?)s?$/.exec(key)?.[1]?.concat("Id"));
    }
  };
  return {
    of: (name) => known.get(name) ?? known.get(ALSO[name] ?? "") ?? [],
    learn: ({ path }, json) =>
      harvest(json, parents.find(([parent]) => parent === path.replace(/\/\{\w+\}$/, ""))?.[1]),
    add,
  };
};

/** A house with something of everything, and somebody who may do everything in it. */
export interface Furnished {
  readonly house: FittedGateway;
  readonly url: string;
  readonly document: string;
  /** The headers of a signed-in browser's page, which may do everything. */
  readonly session: Readonly<Record<string, string>>;
  /** Those of a program, which may do everything but make new ways in. */
  readonly token: Readonly<Record<string, string>>;
  /** Ids without which the run could not go on. */
  readonly kept: ReadonlySet<string>;
  /** Words that mean something here, by the field that takes them. */
  readonly words: readonly (readonly [string, string])[];
  close(): Promise<void>;
}

const SETTINGS = {
  gateway: { drainSeconds: 0 },
  limits: { requestsPerSecond: 100_000, callsPerTurn: 100_000, callsPerHour: 1_000_000, bytesPerMinute: 999_999_999 },
};

/** Wants to fetch a page when it is told to ask, which waits for an answer. */
const models = () =>
  scriptedModels((request) => {
    const since = request.messages.slice(request.messages.findLastIndex(({ role }) => role === "user"));
    if (!askedLast(request).startsWith("ask") || since.some(({ role }) => role === "tool")) return { text: "heard" };
    return {
      calls: [
        { tool: "memory.save", arguments: { text: "something to remember" } },
        { tool: "reminder.create", arguments: { minutes: 600, text: "something to come back to" } },
        { tool: "web.fetch", arguments: { url: "https://example.org/" } },
      ],
    };
  });

const answerAll = async (house: FittedGateway, report: TurnReport): Promise<void> => {
  const open = report.approvals.filter(({ state, question }) => state === "pending" && question.tool !== "web.fetch");
  if (open.length === 0) return;
  for (const { id } of open) must(await house.client.call("approvals.answer", { approvalId: id, answer: "allow" }));
  await answerAll(house, await house.settled(report.turnId));
};

/** Names that generated requests ask for. */
const PLUGIN = PluginName.parse("abcdefgh");
const SKILL = "a";

/** Installs a plugin, of which an update waits, and a skill, of which there is a newer one: that is what it returns. */
const installPackages = async ({ client }: FittedGateway): Promise<TestPackage> => {
  const key = testSigner();
  const aPlugin = (change: Readonly<Record<string, unknown>>): TestPackage =>
    signedPackage({
      kind: "plugin",
      manifest: aPluginManifest({ name: PLUGIN, ...change }),
      files: { "main.js": "" },
      key,
    });
  const aSkill = (version: string): TestPackage =>
    signedPackage({
      kind: "skill",
      manifest: aSkillManifest({ name: SKILL, version }),
      files: { "SKILL.md": "Keep them tidy." },
      key,
    });
  must(await client.call("signers.trust", { key: key.key, name: "somebody known" }));
  const [plugin, skill] = [aPlugin({}), aSkill("1.0.0")];
  must(await client.call("plugins.install", { archive: plugin.archive, digest: plugin.digest, agents: [] }));
  must(await client.call("skills.install", { archive: skill.archive, digest: skill.digest, agents: [] }));
  const permissions = [{ kind: "storage", bytes: 1_000, why: "It remembers the last town." }];
  const update = aPlugin({ version: "1.1.0", permissions });
  must(await client.call("plugins.update", { name: PLUGIN, archive: update.archive }));
  return aSkill("1.1.0");
};

/** Starts a whole gateway and puts in what its own people would. */
export const furnishHouse = async (): Promise<Furnished> => {
  const house = await startFittedGateway({ models: models() }, newPlace(SETTINGS));
  const { client, place } = house;
  const { url } = house.gateway;
  for (const words of ["ask one", "ask two", "hello"]) await answerAll(house, await house.send(words));
  for (const words of ["ask three", "ask four", "ask five"]) await house.send(words);
  const me: Pick<Person, "id"> = must(await client.call("sessions.current", {}));
  const token = must(await client.call("tokens.create", { name: "the run's own", role: "owner" }));
  const { cookie } = await signInWith(url, must(await client.call("links.create", {})).url);
  const [session] = must(await client.call("sessions.list", {}));
  must(await client.call("people.invite", { name: "Somebody else" }));
  const newer = await installPackages(house);
  const answer = await fetch(`${url}/v2/openapi.json`);
  return {
    house,
    url,
    document: await answer.text(),
    session: { cookie, origin: url },
    token: { authorization: `Bearer ${token.token}` },
    kept: new Set([me.id, token.id, session?.id ?? ""]),
    words: [
      ["folder", join(place.root, "copies")],
      ["file", join(place.root, "copies", "none")],
      ["tool", "web.fetch"],
      ["source", "host:example.org:443"],
      ["of", "host:example.org:443"],
      ["key", testSigner().key],
      ["key", "agents.turnSteps"],
      ["archive", newer.archive],
      ["digest", newer.digest],
    ],
    close: async () => {
      await house.close();
      place.remove();
    },
  };
};
