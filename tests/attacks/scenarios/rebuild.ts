/** Writes the scenarios that ship with the product anew: `node tests/attacks/scenarios/rebuild.ts`, then `oxfmt` on their folder. */
import { writeFileSync } from "node:fs";
import { buildCorpus, buildDrills } from "./build/build-corpus.ts";
import { print } from "./build/print.ts";

const folder = new URL("../../../packages/gateway/src/drill/scenarios/", import.meta.url);
writeFileSync(new URL("flow.json", folder), print(buildCorpus()));
writeFileSync(new URL("built-in.json", folder), print(buildDrills()));
