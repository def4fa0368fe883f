import type { OperationName, Role } from "@moltbot/contracts";
import type { Before, Command } from "./commands.ts";
import { RULES, operationOf } from "./rules.ts";
import type { Case, Rule } from "./rules.ts";

/** Who asks. Each is a person of the house with things of their own, or brings less than they are. */
export const ACTORS = [
  "viewer",
  "member",
  "admin",
  "owner",
  "demoted",
  // A member's token for some operations alone.
  "scoped",
  // The owner's token that is a viewer's.
  "weak",
  // An admin's token that is a member's.
  "lesser",
  // A member's token of a program that passes on what others wrote.
  "untrusted",
  // A member whom a role of the house's own narrows, and their token that is for more than that.
  "narrow",
  "wide",
  // An admin whom such a role narrows.
  "warden",
  "suspended",
  "left",
  "stranger",
] as const;
export type ActorName = (typeof ACTORS)[number];

/**
 * Whose the thing is that is asked for: `own`, or somebody else's, who lets everyone use it (`shared`), use and edit it (`edited`), use
 * and delete it (`removable`), lets everyone and keeps it from a team that all are in (`kept`), lets everyone and is suspended (`barred`), or
 * has it for themselves (`foreign`).
 */
export const RELATIONS = ["own", "shared", "edited", "removable", "kept", "barred", "foreign"] as const;
export type Relation = (typeof RELATIONS)[number] | "none";

/**
 * By which way. `device` signs each request with a key of its own, `cli` is the command line with a token, `local` the socket of this
 * machine, which speaks for the owner, and `console` the command line there.
 */
export const SURFACES = ["token", "browser", "socket", "client", "device", "cli", "local", "console"] as const;
export type Surface = (typeof SURFACES)[number];
/** A person is there themselves, not a program that holds a token. */
const IN_PERSON: ReadonlySet<Surface> = new Set<Surface>(["browser", "device", "local", "console"]);

/** `leaves`: the role of the house's own leaves it out; `hidden`: it does not exist for them; `denied`: they see it and may not; `absent`: that way does not have the operation at all. */
export type Outcome = "yes" | "role" | "scope" | "leaves" | "nobody" | "hidden" | "denied" | "absent";

/** What a scoped token of the matrix is for. */
export const SCOPES = [
  "agents.list",
  "agents.get",
  "conversations.*",
  "search.messages",
  "tokens.create",
  "shares.set",
] as const;

/** What the roles of the house's own cover, and what the token is for that is for more. */
export const NARROW = [
  "agents.list",
  "agents.get",
  "conversations.*",
  "messages.send",
  "prompts.*",
  "secrets.list",
  "teams.list",
  "turns.get",
] as const;
export const WARDEN = [...NARROW, "config.list", "people.change", "people.list", "roles.list", "teams.*"] as const;
export const WIDE = ["agents.*", "conversations.*", "memories.*", "people.*"] as const;

const HEIGHT: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2, owner: 3 };

/** The role that counts; null for whoever is nobody here (any more). */
export const ROLE_OF: Readonly<Record<ActorName, Role | null>> = {
  viewer: "viewer",
  member: "member",
  admin: "admin",
  owner: "owner",
  // With everything that was made as an admin.
  demoted: "member",
  suspended: null,
  left: null,
  scoped: "member",
  weak: "viewer",
  lesser: "member",
  untrusted: "member",
  narrow: "member",
  wide: "member",
  warden: "admin",
  stranger: null,
};

/** Streams of events have no operation and a name all the same. */
type Asked = OperationName | "events.stream";

const isIn = (patterns: readonly string[], name: Asked): boolean =>
  patterns.some((one) => one === name || (one.endsWith(".*") && name.startsWith(one.slice(0, -1))));

/** What a credential is for; left out, it is for whatever its person may. */
const SCOPES_OF: Partial<Readonly<Record<ActorName, readonly string[]>>> = { scoped: SCOPES, wide: WIDE };
/** What a person's own role covers; nobody is locked in by one. */
const COVERED: Partial<Readonly<Record<ActorName, readonly string[]>>> = {
  narrow: NARROW,
  wide: NARROW,
  warden: WARDEN,
};
const ALWAYS: readonly Asked[] = ["sessions.current", "sessions.end"];

/** Whether neither the credential nor the role leaves the operation out. */
const outcomeOfProof = (actor: ActorName, name: Asked, isLeaving: boolean): Outcome => {
  const scopes = SCOPES_OF[actor];
  const covered = COVERED[actor];
  if (scopes !== undefined && !isIn(scopes, name)) return "scope";
  if (covered === undefined || isIn(covered, name) || isIn(ALWAYS, name) || isLeaving) return "yes";
  return "leaves";
};

/** Whether somebody may follow what happens. */
export const outcomeOfStream = (actor: ActorName): Outcome =>
  ROLE_OF[actor] === null ? "nobody" : outcomeOfProof(actor, "events.stream", false);

export interface Cell {
  readonly actor: ActorName;
  readonly relation: Relation;
  readonly surface: Surface;
}

/** Whether what comes with this credential is let so far, whosever the thing is. */
const atTheDoor = (name: OperationName, { actor, relation, surface }: Cell, row: Rule): Outcome => {
  const proof = outcomeOfProof(actor, name, name === "people.remove" && relation === "own");
  // A frame is held against scopes and role before anything else is said about it.
  if (surface === "socket" && row.notOnSocket === true) return proof === "yes" ? "absent" : proof;
  if (row.role === null) return "yes";
  const role = ROLE_OF[actor];
  if (role === null) return "nobody";
  // What the operation asks for as such comes first, then what the credential is for, then what this case of it asks for.
  if (HEIGHT[role] < HEIGHT[RULES[name].role ?? "viewer"]) return "role";
  if (proof !== "yes") return proof;
  // What is for less than its person is there to talk. What a viewer may do reaches only what lets them in.
  if (actor === "lesser" && row.role !== "viewer" && (row.does === "keeps" || row.does === "speaks")) return "role";
  if (actor === "untrusted" && row.does === "speaks") return "scope";
  if (HEIGHT[role] < HEIGHT[row.role]) return "role";
  return row.inPerson === true && !IN_PERSON.has(surface) ? "scope" : "yes";
};

/** What must come of it. People of the matrix's targets: `own` is oneself, `shared` a member, `foreign` somebody whom nobody changes. */
export const outcomeOf = (name: Case, cell: Cell, row: Rule | null = RULES[name] ?? null): Outcome => {
  if (row === null) throw new Error(`the oracle has no row for ${name}`);
  const door = atTheDoor(operationOf(name), cell, row);
  return door === "yes" && ROLE_OF[cell.actor] !== null ? ofWhat(row, cell) : door;
};

const isRead = (relation: Relation): boolean => relation === "own" || relation === "shared";
const isSeen = (relation: Relation): boolean => !["foreign", "kept", "barred"].includes(relation);

const ofWhat = ({ whose }: Rule, { actor, relation, surface }: Cell): Outcome => {
  switch (whose) {
    case "house":
    case "strangers":
      return "yes";
    case "own":
      return relation === "own" ? "yes" : "hidden";
    case "use":
      return isSeen(relation) ? "yes" : "hidden";
    case "edit":
      if (relation === "own" || relation === "edited") return "yes";
      return isSeen(relation) ? "denied" : "hidden";
    case "delete":
      if (relation === "own" || relation === "removable") return "yes";
      return isSeen(relation) ? "denied" : "hidden";
    case "read":
      return isRead(relation) ? "yes" : "hidden";
    case "release":
      if (relation === "own") return "yes";
      return isRead(relation) ? "denied" : "hidden";
    case "above":
      // Letting somebody in to more is a way in too.
      if (ROLE_OF[actor] !== "owner") return "denied";
      return IN_PERSON.has(surface) ? "yes" : "scope";
    case "share":
      if (relation === "own") return "yes";
      return isSeen(relation) ? "denied" : "hidden";
    case "person":
      // Whoever manages nobody is told of their role, whoever the other is.
      if (relation !== "own" && HEIGHT[ROLE_OF[actor] ?? "viewer"] < HEIGHT.admin) return "role";
      // Nobody makes somebody who may more than they themselves.
      return relation === "shared" && COVERED[actor] === undefined ? "yes" : "denied";
  }
};

/** What must come of a command, which asks for several operations one after the other: the first refusal is its end. */
export const outcomeOfCommand = (name: Case, cell: Cell, command: Command): Outcome => {
  const steps: readonly (Before | Case)[] = [...(command.first ?? []), ...(command.own === false ? [] : [name])];
  for (const step of steps) {
    const found = outcomeOfStep(step, cell);
    if (found !== "yes") return found;
  }
  return "yes";
};

const outcomeOfStep = (step: Before | Case, cell: Cell): Outcome => {
  if (step === "seen") return isSeen(cell.relation) ? "yes" : "hidden";
  if (step === "read") return isRead(cell.relation) ? "yes" : "hidden";
  if (step === "mine") return cell.relation === "own" ? "yes" : "hidden";
  return outcomeOf(step, cell);
};
