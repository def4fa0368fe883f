// `npm run deps`: is everything that our programs load what was reviewed? `-- --accept` writes the lists anew; the
// commit that carries them is the review. `-- --lists FOLDER` compares with other lists than deps/.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../runtime.mjs";
import { accept, judgeSupply } from "./judge.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function compare(lists: string, isAccepted: boolean): Promise<number> {
  const judgement = await judgeSupply(root, lists);
  const { programs, shipped, unreviewed, wrong } = judgement;
  for (const sentence of wrong) say(`wrong       ${sentence}`);
  for (const sentence of unreviewed) say(`${isAccepted ? "accepted" : "unreviewed"}  ${sentence}`);
  const differences = wrong.length + unreviewed.length;
  say(`${programs.length} programs and packages, ${shipped} packages of others, ${differences} differences`);
  // Nothing built is not a reason to forget every list.
  if (isAccepted && programs.length > 0) accept(root, lists, judgement);
  if (unreviewed.length === 0 || isAccepted) return wrong.length > 0 ? 1 : 0;
  say("next: read what is new in node_modules; if it may stay: npm run deps -- --accept, and commit what that changes");
  return 1;
}

try {
  const { values } = parseArgs({ options: { accept: { type: "boolean" }, lists: { type: "string" } } });
  if (values.accept && values.lists !== undefined) throw new Error("--accept writes deps/ alone, not --lists");
  process.exitCode = await compare(values.lists ?? join(root, "deps"), values.accept === true);
} catch (cause) {
  say(`wrong       ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
}
