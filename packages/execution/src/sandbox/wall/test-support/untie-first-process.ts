/**
 * A gateway whose program takes over the first process of its namespace, unties it from the gateway and then writes to its workspace for
 * as long as it lives. Says "begun", and "ended: time" where its limit of two seconds ended it.
 * Arguments: the workspace, and "shown" where the first process is left in sight.
 */
import { FIRST_PROCESS, bubblewrapArguments } from "../bubblewrap-arguments.ts";
import { WALL_PARTS } from "../begin-behind-wall.ts";
import { startBy } from "../start-behind-wall.ts";
import type { WallJob } from "../wall-job.ts";
import { smallJob } from "./small-job.ts";

const [workspace = "", isShown = ""] = process.argv.slice(2);

/** prctl(PR_SET_PDEATHSIG, 0), then pause() for ever. */
const UNTIE = "48c7c09d00000048c7c7010000004831f64831d24d31d24d31c00f0548c7c0220000000f05ebf5";
/** Writes where the first process will go on, and wakes it: a child whose parent is gone is the first process's to bury. */
const ATTACK = `
import os, time
try:
    place = int(open("/proc/1/syscall").read().split()[-1], 16)
    with open("/proc/1/mem", "r+b", buffering=0) as memory:
        memory.seek(place)
        memory.write(bytes.fromhex("${UNTIE}"))
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.2)
        os._exit(0)
    os.wait()
    time.sleep(0.5)
except OSError:
    pass
while True:
    open("/workspace/beat", "w").write(str(time.time()))
    time.sleep(0.05)
`;

/** The wall whose /proc hides nothing of its own namespace. */
const shown = (job: WallJob, isRoot: boolean): readonly string[] => {
  const whole = bubblewrapArguments(job, isRoot);
  return whole.filter((word, at) => word !== FIRST_PROCESS && whole[at + 1] !== FIRST_PROCESS);
};

const job = smallJob(workspace, ["/usr/bin/python3", "-c", ATTACK]);
const small: WallJob = { ...job, limits: { ...job.limits, wallSeconds: 2, cpuSeconds: 60 } };
const begun = startBy("/usr/bin/bwrap", { ...WALL_PARTS, ...(isShown === "shown" ? { argumentsOf: shown } : {}) })(
  small,
);
process.stdout.write(begun.ok ? "begun\n" : `${begun.error.message}\n`);
if (begun.ok)
  void begun.value.whenEnded.then(() => process.stdout.write(`ended: ${begun.value.ended()?.stop ?? "by itself"}\n`));
setInterval(() => undefined, 1_000);
