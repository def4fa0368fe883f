// `npm run deps`: is everything that our programs load what was reviewed? `-- --accept` writes the lists anew; the
// commit that carries them is the review. `-- --lists FOLDER` compares with other lists than deps/.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../runtime.mjs";
import { accept, judgeSupply } from "./judge.ts";

const { values } = parseArgs({ options: { accept: { type: "boolean" }, lists: { type: "string" } } });
const lists = values.lists ?? join(root, "deps");
const judgement = await judgeSupply(root, lists);
const { programs, shipped, unreviewed, wrong } = judgement;
if (values.accept) accept(root, lists, judgement);

const say = (line: string) => process.stdout.write(`${line}\n`);
for (const sentence of wrong) say(`wrong       ${sentence}`);
for (const sentence of unreviewed) say(`${values.accept ? "accepted" : "unreviewed"}  ${sentence}`);
say(
  `${programs.length} programs and packages, ${shipped} packages of others, ${wrong.length + unreviewed.length} differences`,
);
if (unreviewed.length > 0 && !values.accept) {
  say("next: read what is new in node_modules; if it may stay: npm run deps -- --accept, and commit what that changes");
}
process.exitCode = wrong.length > 0 || (unreviewed.length > 0 && !values.accept) ? 1 : 0;
