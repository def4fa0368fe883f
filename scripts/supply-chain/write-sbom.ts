// `npm run sbom`: writes the bill of materials to dist/sbom.cdx.json, or to the file named by `-- --out FILE`.
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../runtime.mjs";
import { readLock } from "./lockfile.ts";
import { readModelPins } from "./model-pins.ts";
import { readPrograms } from "./programs.ts";
import { readReviewed } from "./reviewed.ts";
import { makeBill } from "./sbom.ts";

const { values } = parseArgs({ options: { out: { type: "string" } } });
const out = values.out ?? join(root, "dist", "sbom.cdx.json");
const lock = readLock(root);
const bill = makeBill(lock, await readPrograms(root, lock, readReviewed(root)), readModelPins(root));
writeFileSync(out, `${JSON.stringify(bill, null, 2)}\n`);
process.stdout.write(`${relative(process.cwd(), out)}: CycloneDX 1.6, ${bill.components.length} components\n`);
