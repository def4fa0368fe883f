import type { OwnConfiguration } from "@moltbot/contracts";
import type { DrillWish } from "../house.ts";

/** What is tried, and how it is reached. */
export interface OwnConfigurationWish {
  readonly configuration: OwnConfiguration;
  readonly connect: DrillWish["connect"];
  /** Hears of every case that is over. */
  progress?(done: number, all: number): void;
}
