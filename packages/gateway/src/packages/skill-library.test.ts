import {
  AgentId,
  CapabilityId,
  PackageVersion,
  PrincipalId,
  SigningKey,
  SkillName,
  TenantId,
  ToolName,
  err,
  instantOf,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type {
  AccessScope,
  Capability,
  PackageFile,
  SkillManifest,
  StoredSigner,
  ToolManifest,
} from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { skillsInTurn } from "../skills-in-turn.ts";
import { agentsWith, namesSkill, skillGrants } from "./skill-grants.ts";
import { createSkillLibrary, isOwnWords } from "./skill-library.ts";
import type { LoadedSkill } from "./skill-library.ts";

const idOf = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`);
const NOW = instantOf(Date.UTC(2026, 10, 22, 12));
const [ANN, BOB] = [idOf(PrincipalId, 1), idOf(PrincipalId, 2)];
const TENANT = idOf(TenantId, 3);
const [AGENT, OTHER] = [idOf(AgentId, 4), idOf(AgentId, 5)];
const KEY = SigningKey.parse(`mk1_${"A".repeat(43)}`);
const scopeOf = (principalId: PrincipalId): AccessScope => ({ tenantId: TENANT, principalId, reach: "own" });

const manifestOf = (name: string, origin: SkillManifest["origin"] = "own"): SkillManifest => ({
  name: SkillName.parse(name),
  version: PackageVersion.parse("1.0.0"),
  description: `What ${name} is for.`,
  tools: [],
  origin,
});
const FILES: readonly PackageFile[] = [
  { path: "SKILL.md", text: "# Ä" },
  { path: "logo.png", base64: "AAEC" },
];
const loaded = (name: string, origin?: SkillManifest["origin"]): LoadedSkill => ({
  manifest: manifestOf(name, origin),
  files: FILES,
  signer: KEY,
});
const signer = (wish: Partial<StoredSigner> = {}): StoredSigner => ({
  tenantId: TENANT,
  key: KEY,
  name: "laptop",
  own: true,
  trustedAt: NOW,
  trustedBy: ANN,
  ...wish,
});

const tool = (name: string): ToolManifest => ({
  name: ToolName.parse(name),
  version: 1,
  title: name,
  description: name,
  effect: "read",
  permissions: [],
  input: z.strictObject({}),
  critical: [],
  result: "stored",
  undo: "none",
  repeatable: true,
});
const TOOLS = ["clock.now", "skill.list", "skill.read", "skill.unpack"].map(tool);

let serial = 100;
const making = {
  ids: { next: <T>(kind: { parse(text: string): T }): T => idOf(kind, (serial += 1)) },
  clock: { now: () => NOW, monotonic: () => 0 },
  tools: { catalog: () => TOOLS },
};
const grants = (name: string, holder = AGENT, owner = ANN): readonly Capability[] =>
  skillGrants(making, { id: owner, tenantId: TENANT }, holder, SkillName.parse(name), 1);

const library = (
  held: readonly Capability[],
  installed: readonly LoadedSkill[] = [loaded("tidy-notes"), loaded("alpha", "imported")],
  signers: readonly StoredSigner[] = [signer()],
) =>
  createSkillLibrary({
    installed: () => installed,
    signers: { list: async () => ok(signers) },
    capabilities: {
      ofHolders: async (_scope, holders, name) =>
        ok(held.filter((one) => holders.includes(one.holder) && one.tool === name)),
    },
    clock: making.clock,
  });
const namesOn = async (skills: ReturnType<typeof library>, person = ANN, agent = AGENT) => {
  const shelf = await skills.of(scopeOf(person), agent);
  return shelf.ok ? shelf.value.map(({ name }) => name) : shelf.error.code;
};

describe("the skills of an agent", () => {
  it("are those that its person gave it, in order, and nothing else that is installed", async () => {
    const skills = library(grants("tidy-notes"));
    expect(await namesOn(skills)).toEqual(["tidy-notes"]);
    expect(await namesOn(skills, ANN, OTHER)).toEqual([]);
    expect(await namesOn(skills, BOB)).toEqual([]);
    expect(await namesOn(library([...grants("tidy-notes"), ...grants("alpha")]))).toEqual(["alpha", "tidy-notes"]);
    expect(await namesOn(library(grants("gone")))).toEqual([]);
  });

  it("are not given by a grant that names none, has ended, or is for one task", async () => {
    const [read] = grants("tidy-notes");
    if (read === undefined) throw new Error("there is a grant to read it");
    const but = (wish: Partial<Capability>) => namesOn(library([{ ...read, ...wish }]));
    expect(await but({})).toEqual(["tidy-notes"]);
    expect(await but({ constraints: [] })).toEqual([]);
    expect(await but({ expiresAt: NOW })).toEqual([]);
    expect(await but({ rights: ["delegate"] })).toEqual([]);
    expect(await but({ tool: ToolName.parse("skill.unpack") })).toEqual([]);
    expect(await but({ reach: { kind: "task", turnId: idOf(CapabilityId, 9) as never } })).toEqual([]); // any id
  });

  it("give their files byte by byte, and nothing that is not in them", async () => {
    const skills = library(grants("tidy-notes"));
    const shelf = await skills.of(scopeOf(ANN), AGENT);
    expect(shelf.ok && shelf.value[0]?.files).toEqual([
      { path: "SKILL.md", bytes: 4 },
      { path: "logo.png", bytes: 3 },
    ]);
    const logo = await skills.file(scopeOf(ANN), AGENT, "tidy-notes", "logo.png");
    expect(logo.ok && [...logo.value]).toEqual([0, 1, 2]);
    for (const [person, name, path] of [
      [ANN, "tidy-notes", "../SKILL.md"],
      [ANN, "alpha", "SKILL.md"],
      [BOB, "tidy-notes", "SKILL.md"],
    ] as const) {
      const found = await skills.file(scopeOf(person), AGENT, name, path);
      expect(found.ok ? "ok" : found.error.code).toBe("NOT_FOUND");
    }
  });

  it("are gone with the trust in their key", async () => {
    expect(await namesOn(library(grants("tidy-notes"), undefined, []))).toEqual([]);
  });

  it("cannot be told where grants cannot be read", async () => {
    const skills = createSkillLibrary({
      installed: () => [loaded("tidy-notes")],
      signers: { list: async () => ok([signer()]) },
      capabilities: { ofHolders: async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "x" })) },
      clock: making.clock,
    });
    expect(await namesOn(skills)).toBe("DATABASE_UNAVAILABLE");
  });
});

describe("whose words a skill's are", () => {
  it("are a person's own only by their own key, signed as theirs, and by their own word for the key", () => {
    expect(isOwnWords(signer(), manifestOf("a"), ANN)).toBe(true);
    expect(isOwnWords(signer({ own: false }), manifestOf("a"), ANN)).toBe(false);
    expect(isOwnWords(signer(), manifestOf("a", "imported"), ANN)).toBe(false);
    expect(isOwnWords(signer(), manifestOf("a"), BOB)).toBe(false);
  });

  it("are somebody else's in the turn of another person who gave themselves the same skill", async () => {
    const skills = library([...grants("tidy-notes", OTHER, BOB), ...grants("tidy-notes")]);
    const trusted = async (person: PrincipalId, agent: AgentId) => {
      const shelf = await skills.of(scopeOf(person), agent);
      return shelf.ok && shelf.value[0]?.trusted;
    };
    expect([await trusted(ANN, AGENT), await trusted(BOB, OTHER)]).toEqual([true, false]);
  });
});

describe("the grants of a skill", () => {
  it("are two, each for that skill by its name, and tell who has it", () => {
    const made = grants("tidy-notes");
    expect(made.map(({ tool: name }) => name)).toEqual(["skill.read", "skill.unpack"]);
    expect(made.every((one) => namesSkill(one, "tidy-notes") && !namesSkill(one, "tidy"))).toBe(true);
    expect(agentsWith("tidy-notes", [...made, ...grants("alpha", OTHER)])).toEqual([AGENT]);
  });
});

describe("what a turn offers of skills", () => {
  const talk = (audience: readonly PrincipalId[]) => ({ audience }) as Parameters<typeof skillsInTurn>[3]; // the one field it reads
  const offered = async (skills: ReturnType<typeof library> | undefined, audience = [ANN], tools = TOOLS) => {
    const found = await skillsInTurn(skills, scopeOf(ANN), { id: AGENT }, talk(audience), tools);
    return found.ok ? [found.value.sight, found.value.offered.length] : found.error.code;
  };
  const both = library([...grants("tidy-notes"), ...grants("alpha")]);

  it("are the owner's own words and the number of the others, with the tools", async () => {
    const own = [{ name: "tidy-notes", description: "What tidy-notes is for." }];
    expect(await offered(both)).toEqual([{ own, others: 1 }, 4]);
  });

  it("is nothing for an agent without skills, or without their tools", async () => {
    const nothing = { own: [], others: 0 };
    expect(await offered(undefined)).toEqual([nothing, 1]);
    expect(await offered(library([]))).toEqual([nothing, 1]);
    expect(await offered(both, [ANN], TOOLS.slice(0, 1))).toEqual([nothing, 1]);
  });

  it("holds no word of the owner's own where somebody else reads along", async () => {
    expect(await offered(both, [ANN, BOB])).toEqual([{ own: [], others: 1 }, 4]);
    expect(await offered(library(grants("tidy-notes")), [ANN, BOB])).toEqual([{ own: [], others: 0 }, 1]);
  });
});
