/**
 * A parent to be killed: starts a program in the background that writes to its workspace for as long as it lives, says so, and waits.
 * Arguments: the workspace, and bubblewrap's argument that is left out, if any.
 */
import { bubblewrapArguments } from "../bubblewrap-arguments.ts";
import { WALL_PARTS } from "../begin-behind-wall.ts";
import { startBy } from "../start-behind-wall.ts";
import { smallJob } from "./small-job.ts";

const [workspace = "", removed = ""] = process.argv.slice(2);
const begun = startBy("/usr/bin/bwrap", {
  ...WALL_PARTS,
  argumentsOf: (job, isRoot) => bubblewrapArguments(job, isRoot).filter((word) => word !== removed),
})(
  smallJob(workspace, [
    "/bin/sh",
    "-c",
    "(trap '' HUP TERM PIPE; while :; do date +%N > beat; sleep 0.05; done) & wait",
  ]),
);
process.stdout.write(begun.ok ? "begun\n" : `${begun.error.message}\n`);
setInterval(() => undefined, 1_000);
