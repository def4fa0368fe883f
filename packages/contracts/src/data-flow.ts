import { z } from "zod";
import { Instant } from "./ids.ts";

/** Who sent: a tool's own request, a program through the gate of its call, or a model's request. */
export const FLOW_WAYS = ["tool", "gate", "model"] as const;

/**
 * What is known of what may have been in it: what everybody may know, what its person alone may, what several may, what not even
 * its person may, or nothing.
 */
export const FLOW_DATA = ["public", "own", "group", "nobody", "unknown"] as const;

/** What went to one host in one way. */
export const DataFlow = z.strictObject({
  /** `host:port`; null: it was erased, or its record was dropped. */
  host: z.string().nullable(),
  way: z.enum(FLOW_WAYS),
  /** Null: no tool asked for it. */
  tool: z.string().nullable(),
  data: z.enum(FLOW_DATA),
  connections: z.int().nonnegative(),
  /** How many of them failed or were refused. */
  failed: z.int().nonnegative(),
  /** How many of them could change something there, or were closed to look into. */
  writing: z.int().nonnegative(),
  bytesOut: z.int().nonnegative(),
  bytesIn: z.int().nonnegative(),
  firstAt: Instant,
  lastAt: Instant,
  /** How many of them carried a secret, and the names of those that are one's own or the house's. */
  withSecret: z.int().nonnegative(),
  secrets: z.array(z.string()).readonly(),
});
export type DataFlow = Readonly<z.infer<typeof DataFlow>>;

export const DataFlowReport = z.strictObject({
  /** From when on. */
  since: Instant,
  /** Where most bytes went first. */
  flows: z.array(DataFlow).readonly(),
  /** False: there are more connections than one report counts; the newest are in it. */
  complete: z.boolean(),
});
export type DataFlowReport = Readonly<z.infer<typeof DataFlowReport>>;
