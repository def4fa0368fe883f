import { ok } from "@moltbot/contracts";
import { createContentSealer, sha256 } from "../../crypto/index.ts";
import type { DatabaseOptions } from "../open-database.ts";
import { optionsFor } from "./world.ts";

/** Options whose content keys two processes derive alike. */
export const killOptions = (file: string): DatabaseOptions =>
  optionsFor(file, {
    sealer: createContentSealer({ find: (subject) => sha256(subject), findOrCreate: (subject) => ok(sha256(subject)) }),
  });
