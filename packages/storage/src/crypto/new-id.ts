import { randomUUIDv7 } from "node:crypto";
import type { IdPort } from "@moltbot/contracts";

/** A UUIDv7 (RFC 9562) in lower-case text. */
export const newId = (): string => randomUUIDv7();

/** New branded ids for other zones. */
export const createIds = (): IdPort => Object.freeze<IdPort>({ next: (kind) => kind.parse(newId()) });
