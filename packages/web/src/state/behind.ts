import type { Client } from "@moltbot/client";
import type { MoltbotError } from "@moltbot/contracts";
import type { Loads } from "./loads.ts";
import type { Store } from "./store.ts";

/** What each part of a session works with. */
export interface Behind {
  readonly client: Client;
  readonly store: Store;
  readonly load: Loads;
  /** Says what went wrong, and ends what the page shows where that is meant by it. */
  readonly fail: (error: MoltbotError) => void;
}
