import type { PostgresPlace } from "../postgres/connect.ts";
import { ok } from "@moltbot/contracts";
import { createContentSealer, sha256 } from "../../crypto/index.ts";
import { optionsFor } from "./world.ts";
import type { TestOptions } from "./world.ts";

/** Where the database is, as it is handed to another process. */
export type KillPlace =
  | { readonly file: string }
  | { readonly connection: string | PostgresPlace; readonly schema: string };

/** Options whose content keys two processes derive alike. */
export const killOptions = (place: KillPlace): TestOptions => {
  const options = optionsFor("file" in place ? place.file : "", {
    sealer: createContentSealer({ find: (subject) => sha256(subject), findOrCreate: (subject) => ok(sha256(subject)) }),
  });
  if ("file" in place) return options;
  const { sealer, clock, log } = options;
  return { sealer, clock, log, ...place };
};
