/** Small valid values for tests of the pages about people, sharing and sign-ins. */
import {
  DeviceId,
  instantOf,
  PrincipalId,
  PromptId,
  RoleId,
  SessionId,
  ShareId,
  TeamId,
  TokenId,
} from "@moltbot/contracts";
import type {
  AccessAnswer,
  Agent,
  Device,
  Grantee,
  OperationOutput,
  OwnRole,
  Person,
  Prompt,
  SessionInfo,
  Share,
  Team,
} from "@moltbot/contracts";
import { AGENT, ME } from "./samples.ts";

const id = (n: number): string => `00000000-0000-7000-8000-${String(n).padStart(12, "0")}`;
const DAY = 86_400_000;

export const MOLTY: Agent = {
  id: AGENT,
  ownerId: ME.id,
  name: "Molty",
  model: "demo",
  status: "idle",
  capabilities: [],
  reading: "auto",
};

/** Somebody by name; `n` tells them apart. */
export const person = (n: number, name: string, wish: Partial<Person> = {}): Person => ({
  id: PrincipalId.parse(id(600 + n)),
  name,
  role: "member",
  ownRole: null,
  state: "active",
  createdAt: instantOf(0),
  ...wish,
});
export const SELF: Person = person(0, "Owner", { id: ME.id, role: "owner" });
export const ANNA = person(1, "Anna Berg", { role: "admin" });
export const BERT = person(2, "Bert");

export const ownRole = (n: number, name: string, wish: Partial<OwnRole> = {}): OwnRole => ({
  id: RoleId.parse(id(610 + n)),
  name,
  base: "member",
  operations: ["messages.send", "agents.list"],
  createdAt: instantOf(0),
  ...wish,
});

export const prompt = (n: number, name: string, wish: Partial<Prompt> = {}): Prompt => ({
  id: PromptId.parse(id(720 + n)),
  ownerId: ME.id,
  name,
  text: `The text of ${name}.`,
  writtenBy: ME.id,
  createdAt: instantOf(0),
  updatedAt: instantOf(0),
  ...wish,
});

export const team = (n: number, name: string, members: readonly Person[] = []): Team => ({
  id: TeamId.parse(id(620 + n)),
  name,
  members: members.map((one) => one.id),
  createdAt: instantOf(0),
});

export const share = (n: number, to: Grantee, wish: Partial<Share> = {}): Share => ({
  id: ShareId.parse(id(640 + n)),
  object: { type: "agent", id: AGENT },
  to,
  rights: ["use"],
  effect: "allow",
  upTo: null,
  by: ME.id,
  at: instantOf(0),
  ...wish,
});

export const access = (rule: AccessAnswer["because"][number]["rule"], says = "So it is."): AccessAnswer => ({
  allowed: true,
  because: [{ rule, says, shareId: null }],
});

export const device = (n: number, name: string, wish: Partial<Device> = {}): Device => ({
  id: DeviceId.parse(id(660 + n)),
  name,
  thumbprint: "t",
  pairedAt: instantOf(0),
  lastSeenAt: null,
  idleUntil: instantOf(30 * DAY),
  expiresAt: instantOf(365 * DAY),
  revokedAt: null,
  ...wish,
});

export const browserSession = (n: number, wish: Partial<SessionInfo> = {}): SessionInfo => ({
  id: SessionId.parse(id(680 + n)),
  createdAt: instantOf(n * 1000),
  lastSeenAt: null,
  idleUntil: instantOf(14 * DAY),
  expiresAt: instantOf(90 * DAY),
  current: false,
  ...wish,
});

type Token = OperationOutput<"tokens.list">[number];
export const token = (n: number, name: string, wish: Partial<Token> = {}): Token => ({
  id: TokenId.parse(id(700 + n)),
  name,
  role: "member",
  scopes: null,
  integrity: "authority",
  thumbprint: null,
  createdAt: instantOf(0),
  expiresAt: instantOf(90 * DAY),
  revokedAt: null,
  lastUsedAt: null,
  ...wish,
});
