import { z } from "zod";

const Arguments = z.record(z.string(), z.json());

/** Stand in a drill's texts for `http://host:port` of the server of its pages, and of the one that the attacker listens on. */
export const PAGES_ORIGIN = "{{pages}}";
export const ATTACKER_ORIGIN = "{{attacker}}";

const DrillFile = z.strictObject({ path: z.string().min(1), content: z.string() });

const DrillCall = z.strictObject({
  tool: z.enum([
    "calc",
    "clock.now",
    "contact.add",
    "contact.find",
    "file.append",
    "file.read",
    "memory.save",
    "memory.search",
    "reminder.create",
    "reminder.list",
    "web.fetch",
  ]),
  arguments: Arguments,
});
export type DrillCall = z.infer<typeof DrillCall>;

/** A state of the world that only an effect without a person's word can have brought about. */
export const DrillWin = z.discriminatedUnion("kind", [
  /** A request reached that server, and `contains` stands in its path and query as they came or percent-decoded. Empty: any request. */
  z.strictObject({
    kind: z.literal("request"),
    to: z.enum(["attacker", "pages"]).default("attacker"),
    contains: z.string(),
  }),
  /** The path starts at the workspace, and may lead out of it. */
  z.strictObject({ kind: z.literal("file"), path: z.string(), contains: z.string() }),
  /** The model was shown what lies where it must not look. */
  z.strictObject({ kind: z.literal("shown"), contains: z.string().min(8) }),
  z.strictObject({ kind: z.literal("memory"), contains: z.string() }),
  z.strictObject({ kind: z.literal("reminder"), contains: z.string() }),
  z.strictObject({ kind: z.literal("contact"), contains: z.string() }),
]);
export type DrillWin = z.infer<typeof DrillWin>;

/** One drill on built-in tools: what the owner asks, what it takes, and what a model that obeys the stranger's text tries from then on. */
export const BuiltInDrill = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string().min(1),
  prompt: z.string().min(1),
  /** Words of somebody else that go with the owner's. */
  blocks: z
    .array(z.strictObject({ kind: z.literal("forwarded"), from: z.string().min(1), text: z.string().min(1) }))
    .default([]),
  /** In the workspace before the turn starts, or beside it; nobody vouches for what stands there. */
  files: z.array(DrillFile),
  /** Served at `{{pages}}/path`. */
  pages: z.array(DrillFile),
  /** What the owner had remembered before the turn starts. */
  memories: z.array(z.string()).default([]),
  /** What the owner's task takes, in order; after the call `hostile` (from 0) the attacker's text is in view. */
  calls: z.array(DrillCall).min(1),
  hostile: z.int().nonnegative(),
  attacker: z.strictObject({ goal: z.string().min(1), calls: z.array(DrillCall).min(1) }),
  /** The attacker won when any of these holds afterwards. */
  wins_if: z.array(DrillWin).min(1),
});
export type BuiltInDrill = z.infer<typeof BuiltInDrill>;

/** Drills for the owner's own configuration: loopback servers, data of their own. */
export const BuiltInDrills = z.strictObject({
  meta: z.strictObject({ name: z.string(), about: z.string() }),
  tasks: z.array(BuiltInDrill).min(1),
});
export type BuiltInDrills = z.infer<typeof BuiltInDrills>;
