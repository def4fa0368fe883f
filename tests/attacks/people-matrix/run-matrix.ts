import { OPERATIONS, OPERATION_NAMES } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";
import { unzipSync } from "fflate";
import { openSocket } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import type { TestSocket } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import type { Said } from "../../support/people.ts";
import { ACTORS, RELATIONS, ROLE_OF, RULES, SURFACES, outcomeOf } from "./oracle.ts";
import type { ActorName, Outcome, Relation, Surface } from "./oracle.ts";
import { PROBES } from "./probes.ts";
import type { Ask, Probe } from "./probes.ts";
import type { Actor, Somebody, World } from "./world.ts";

/** What the matrix found. */
export interface Findings {
  readonly cells: number;
  /** What was given to whom it must not be. */
  readonly leaks: readonly string[];
  /** What was refused to whom it is due, or refused in other words than the rules say. */
  readonly wrong: readonly string[];
}

export const REFUSALS: Readonly<Record<string, Outcome>> = {
  ROLE_INSUFFICIENT: "role",
  SCOPE_INSUFFICIENT: "scope",
  NOT_SIGNED_IN: "nobody",
  TOKEN_INVALID: "nobody",
  // Too many tries with what is good no more.
  LOCKED_OUT: "nobody",
  METHOD_NOT_ALLOWED: "absent",
  NOT_FOUND: "hidden",
  ACCESS_DENIED: "denied",
  PERSON_NOT_CHANGEABLE: "denied",
  APPROVAL_NOT_ANSWERABLE: "denied",
};

const isThrough = ({ through }: Probe, said: Said): boolean =>
  typeof through === "function" ? through(said) : through?.includes(said.code ?? "") === true;

const outcomeIn = (probe: Probe, said: Said): string => {
  if (said.code === null) return probe.shows === undefined || probe.shows(said) ? "yes" : "hidden";
  if (isThrough(probe, said)) return "yes";
  return REFUSALS[said.code] ?? `${String(said.status)} ${said.code} ${said.text.slice(0, 200)}`;
};

/** What of a person nobody else may ever be told. */
const secretsOf = ({ name, word, things }: Somebody): readonly string[] => [
  word,
  ...(LETS_USE.has(name) ? [] : [things.agentId, `agent of ${name}`]),
  things.conversationId,
  things.turnId,
  things.messageId,
  things.callId,
  things.approvalId,
  things.capabilityId,
  things.contactId,
  things.reminderId,
  things.attachmentId,
  things.tokenId,
  things.sessionId,
  ...things.memories,
];

/** Their agents may be used by everybody of the matrix. */
const LETS_USE: ReadonlySet<string> = new Set(["bob", "eve"]);

/** What is proven by being whole: ids stand in it, and no content. */
const WHOLE: ReadonlySet<OperationName> = new Set(["audit.export"]);

const archiveText = (said: Said): string => {
  const { json } = said;
  if (typeof json !== "object" || json === null || !("content" in json) || typeof json.content !== "string") return "";
  try {
    const files = unzipSync(Buffer.from(json.content, "base64"));
    return Object.entries(files)
      .map(([path, bytes]) => `${path}\n${Buffer.from(bytes).toString("utf8")}`)
      .join("\n");
  } catch {
    return Buffer.from(json.content, "base64").toString("utf8");
  }
};

/** What of others stands in an answer, but for what was asked with. */
export const foreignIn = (
  world: World,
  actor: Actor,
  name: OperationName,
  input: string,
  said: Said,
): readonly string[] => {
  const text = `${said.text}\n${archiveText(said)}`;
  return world.people
    .filter(({ id }) => id !== actor.person?.id)
    .flatMap((other) => (WHOLE.has(name) ? [other.word] : secretsOf(other)))
    .filter((secret) => secret !== "" && text.includes(secret) && !input.includes(secret));
};

const relationsOf = (name: OperationName): readonly Relation[] => {
  const whose = RULES[name]?.whose;
  if (whose === "house" || whose === "strangers") return ["none"];
  return whose === "person" ? ["own", "shared", "foreign"] : RELATIONS;
};

export const targetOf = ({ bob, eve, kim, carl }: World, actor: Actor, relation: Relation): Somebody => {
  switch (relation) {
    case "shared":
      return bob;
    case "edited":
      return eve;
    case "kept":
      return kim;
    case "foreign":
      return carl;
    case "own":
    case "none":
      return actor.person ?? carl;
  }
};

/** One socket for many frames: a run of refusals closes it, and then another is opened. */
const socketOf = (world: World, actor: Actor) => {
  let open: TestSocket | null = null;
  let serial = 0;
  let asked = 0;
  const port = Number(new URL(world.url).port);
  return async (name: OperationName, input: unknown): Promise<Said> => {
    if (open === null || asked >= 40) {
      open?.leave();
      const headers = actor.token === null ? {} : { authorization: `Bearer ${actor.token}` };
      const opened = await openSocket({ port, headers });
      if ("status" in opened)
        return { status: opened.status, text: "", json: opened.json, code: String(opened.json["code"]) };
      open = opened;
      asked = 0;
    }
    asked += 1;
    serial += 1;
    const said = await open.ask(String(serial), name, input);
    const json = said.ok === true ? said.output : said.error;
    return {
      status: said.ok === true ? 200 : 400,
      text: JSON.stringify(json ?? null),
      json,
      code: said.ok === true ? null : String(said.error?.["code"]),
    };
  };
};

type Way = (name: OperationName, input: Readonly<Record<string, unknown>>) => Promise<Said>;

const wayOf = (actor: Actor, surface: Surface, socket: Way): Way | undefined =>
  surface === "socket" ? (ROLE_OF[actor.name] === null ? undefined : socket) : actor.callers[surface];

export interface MatrixWish {
  /** Which operations; all of them when left out. */
  readonly only?: (name: OperationName) => boolean;
  /** For whom; for everybody when left out. */
  readonly actors?: readonly ActorName[];
}

/** Asks for everything, as everybody, of everything, on every way, and compares what came of it with the oracle. */
export const runMatrix = async (
  world: World,
  { only = () => true, actors = ACTORS }: MatrixWish = {},
): Promise<Findings> => {
  const leaks: string[] = [];
  const wrong: string[] = [];
  let cells = 0;
  const tryOne = async (actor: Actor, way: Way, name: OperationName, relation: Relation, surface: Surface) => {
    const probe = PROBES[name];
    if (probe.skip?.({ actor, relation, surface }) === true) return;
    const expected = outcomeOf(name, { actor: actor.name, relation, surface });
    const target = targetOf(world, actor, relation);
    const ask: Ask = { world, actor, relation, surface, target, allowed: expected === "yes" && relation !== "foreign" };
    const input = await probe.input(ask);
    const said = await way(name, input);
    const found = outcomeIn(probe, said);
    cells += 1;
    const cell = `${actor.name} ${name} ${relation} by ${surface}: ${found}, not ${expected}`;
    if (found === "yes" && expected !== "yes") leaks.push(cell);
    else if (found !== expected) wrong.push(`${cell} ${said.code ?? ""} ${said.text.slice(0, 160)}`);
    const foreign = foreignIn(world, actor, name, JSON.stringify(input), said);
    if (foreign.length > 0) leaks.push(`${actor.name} ${name} ${relation} by ${surface} shows ${foreign.join(", ")}`);
  };
  for (const actor of world.actors.filter(({ name }) => actors.includes(name))) {
    const socket = socketOf(world, actor);
    // What only reads comes first, while everything is there.
    const names = OPERATION_NAMES.filter(only).toSorted(
      (a, b) => Number(OPERATIONS[a].effect !== "read") - Number(OPERATIONS[b].effect !== "read"),
    );
    await Promise.all(
      SURFACES.map(async (surface) => {
        const way = wayOf(actor, surface, socket);
        if (way === undefined) return;
        for (const name of names)
          for (const relation of relationsOf(name)) await tryOne(actor, way, name, relation, surface);
      }),
    );
  }
  // Who is nobody opens no socket at all.
  for (const actor of world.actors.filter(({ name }) => ROLE_OF[name] === null)) {
    const said = await socketOf(world, actor)("agents.list", {});
    cells += 1;
    if (said.code === null) leaks.push(`${actor.name} opened a socket`);
  }
  return { cells, leaks, wrong };
};

/** Everybody's own events reach them, and nobody else's do. */
export const eventFindings = (world: World): Findings => {
  const leaks: string[] = [];
  const wrong: string[] = [];
  let cells = 0;
  for (const one of world.people) {
    const text = world.heard.get(one.name)?.() ?? "";
    for (const other of world.people) {
      cells += 1;
      // Of Kim's agent those hear from whom she does not keep it.
      const told = other.name === "kim" && ["bob", "eve", "carl"].includes(one.name) ? other.things.agentId : "";
      const seen = secretsOf(other).filter((secret) => secret !== "" && secret !== told && text.includes(secret));
      if (other.id === one.id) {
        if (!text.includes(one.word)) wrong.push(`${one.name} does not hear of what is theirs`);
      } else if (seen.length > 0) leaks.push(`${one.name} hears of ${other.name}: ${seen.join(", ")}`);
    }
  }
  return { cells, leaks, wrong };
};
