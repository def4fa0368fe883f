/** Plays a corpus of programs without the rules that ask before it comes back: that it runs later, and that no plan holds it; says the report on its standard output. */
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { must } from "../../../support/must.ts";
import { unplug } from "../unplug.ts";

const unused = unplug({
  name: "runs-later",
  says: "what would run later, or what no plan holds, is asked before it comes into a workspace",
  plugs: [
    {
      file: "packages/core/src/guard/effect-table.ts",
      double: "tests/attacks/harness/doubles/effect-table.ts?drop=write.runs-later,write.off-plan",
    },
  ],
});
// Only now: what is unplugged must be so before the product is loaded.
const { runExec } = await import("./run-exec.ts");
const report = must(
  await runExec({
    corpus: process.argv[2] ?? "",
    connect: ({ socket }) => createClient({ transport: nodeTransport({ socketPath: socket }) }),
  }),
);
if (unused().length > 0) throw new Error("nothing was unplugged");
process.stdout.write(JSON.stringify(report), () => process.exit(0));
