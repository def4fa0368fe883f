import type { ClockPort, IdPort, SignaturePort } from "@moltbot/contracts";
import type { PluginHost } from "@moltbot/execution/plugins";
import type { House } from "../house.ts";

/** What the desk of packages works with. */
export interface PackageParts {
  readonly house: Pick<House, "store" | "audit" | "tools" | "events" | "log" | "halted" | "wake" | "takenAway"> & {
    readonly clock: ClockPort;
    readonly ids: IdPort;
  };
  readonly host: Pick<PluginHost, "load" | "unload" | "tools" | "standing" | "startAnew" | "try">;
  readonly signatures: Pick<SignaturePort, "isKey" | "verify">;
  /** SHA-256, lower-case hex. */
  readonly hash: (bytes: Uint8Array) => string;
}
