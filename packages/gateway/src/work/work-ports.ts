import type { AccessScope } from "@moltbot/contracts";
import type { House } from "../house.ts";

/** What durable work needs of the house; randomness comes from outside, so that a test can choose it. */
export interface WorkPorts {
  readonly house: Pick<House, "store" | "audit" | "events" | "clock" | "ids" | "log" | "halted">;
  /** Reaches every row: work belongs to many people. */
  readonly system: AccessScope;
  /** From 0 up to, and without, 1. */
  readonly random: () => number;
}
