/** Refreshes a copy over and over, while its workspace changes, until it is killed. Says a word when each refresh begins and ends. */
import { rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { copiesWith, must, never, write } from "./trees.ts";

const [workspace = "", copy = ""] = process.argv.slice(2);
const copies = copiesWith();

for (let round = 0; ; round += 1) {
  for (let index = 0; index < 40; index += 1)
    write(join(workspace, `d${String(index % 5)}`, `f${String(index)}`), `round ${String(round)} of ${String(index)}`);
  if (round % 2 === 1) rmSync(join(workspace, "d1"), { recursive: true });
  writeSync(1, "begins\n");
  must(await copies.refresh({ workspace, copy }, never()));
  writeSync(1, "ended\n");
}
