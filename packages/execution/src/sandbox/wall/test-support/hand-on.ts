/**
 * A gateway whose starter left descriptor 40 open: says what a program behind the wall reads there, and what it has open.
 * Arguments: the workspace, and "handed" where nothing is put in the descriptor's place.
 */
import { WALL_PARTS } from "../begin-behind-wall.ts";
import { runBy } from "../run-behind-wall.ts";
import { smallJob } from "./small-job.ts";

const [workspace = "", isHanded = ""] = process.argv.slice(2);
const parts = { ...WALL_PARTS, ...(isHanded === "handed" ? { handedOn: () => [] } : {}) };
const LOOK = "cat /proc/self/fd/40; readlink /proc/self/fd/40";
const ran = await runBy("/usr/bin/bwrap", parts)(
  smallJob(workspace, ["/bin/sh", "-c", LOOK]),
  AbortSignal.timeout(10_000),
);
process.stdout.write(ran.ok ? Buffer.concat([ran.value.output, ran.value.errors]) : ran.error.message);
