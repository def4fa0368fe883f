import { z } from "zod";
import { AgentId, Instant } from "./ids.ts";
import { PackageVersion, SigningKey, plainLine } from "./package-words.ts";

/** A skill's name as the SKILL.md format writes it (agentskills.io, specification): lower-case words with hyphens. */
export const SkillName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
  .brand<"SkillName">();
export type SkillName = z.infer<typeof SkillName>;

/** What the head of SKILL.md says, and what signing adds. */
export const SkillManifest = z.strictObject({
  name: SkillName,
  version: PackageVersion,
  /** What it is for and when to read it. Models that may use it read this line. */
  description: plainLine(1_024),
  licence: plainLine(200).exactOptional(),
  compatibility: plainLine(500).exactOptional(),
  /** Tools it says it needs. It grants none of them. */
  tools: z.array(plainLine(100)).max(50).readonly().default([]),
  /** `own`: whoever signed it wrote it, or stands for it as for their own words; `imported`: somebody else's, only packed. */
  origin: z.enum(["own", "imported"]),
});
export type SkillManifest = Readonly<z.infer<typeof SkillManifest>>;

/** A skill as the API shows it. */
export const SkillInfo = z.strictObject({
  name: SkillName,
  version: PackageVersion,
  digest: z.string(),
  signer: z.strictObject({ key: SigningKey, name: z.string() }),
  manifest: SkillManifest,
  /** Whether its words count as the owner's own: signed by their own key, as their own. */
  trusted: z.boolean(),
  files: z.array(z.strictObject({ path: z.string(), bytes: z.int() })).readonly(),
  /** Agents of whoever asks that may read it. */
  agents: z.array(AgentId).readonly(),
  installedAt: Instant,
  updatedAt: Instant,
});
export type SkillInfo = Readonly<z.infer<typeof SkillInfo>>;
