import type { MoltbotError, Result } from "@moltbot/contracts";
import type { Dial } from "../connect-checked.ts";
import type { EgressAuthority } from "../egress.ts";
import type { Lookup } from "../resolve-host.ts";
import type { serverNameOf } from "./server-name.ts";

export type ToolAuthority = Extract<EgressAuthority, { kind: "tool" }>;

/** How a connection through the gate ended. */
export interface Passed {
  readonly host: string;
  readonly port: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly error: MoltbotError | null;
}

/** A way out for one call's programs. */
export interface Gate {
  close(): Promise<void>;
}

/** What a gate needs; `readName` is a part so that a test can take it out. */
export interface GateParts {
  readonly lookup: Lookup;
  readonly check: (address: string) => string;
  readonly dial: Dial;
  readonly readName?: typeof serverNameOf;
  readonly passed: (passed: Passed) => void;
  /** Whether one more connection to this `host:port` may be made now; absent: always. */
  readonly mayPass?: (place: string) => Promise<Result<void>>;
  /** Whether so many bytes may leave now; absent: always. */
  readonly mayCarry?: (bytes: number) => Result<void>;
}
