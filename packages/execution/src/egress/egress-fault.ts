import type { MoltbotError } from "@moltbot/contracts";

/** How a named error travels through an interface that can only throw: `fetch` and the connector. It quotes nobody. */
export class EgressFault extends Error {
  override readonly name = "EgressFault";
  readonly error: MoltbotError;
  constructor(error: MoltbotError) {
    super(error.message);
    this.error = error;
  }
}
