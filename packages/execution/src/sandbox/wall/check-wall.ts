import { existsSync } from "node:fs";
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SPARE_ID } from "./bubblewrap-arguments.ts";
import type { RunBehindWall, WallLimits } from "./wall-job.ts";

/** What is missing of the wall, and what mends it. */
export interface WallMissing {
  readonly kind: "missing";
  readonly problem: string;
  readonly next: string;
}

/** Whether programs can be run behind the wall. */
export type WallState = { readonly kind: "ready" } | WallMissing;

const PLACES = ["/usr/bin/bwrap", "/usr/local/bin/bwrap"];
const INSTALL = "Run scripts/install-sandbox.sh, or install the package bubblewrap.";
const CHECK_MS = 10_000;
const LIMITS: WallLimits = {
  wallSeconds: 5,
  cpuSeconds: 5,
  processes: 16,
  openFiles: 64,
  fileBytes: 1_000_000,
  outputBytes: 100_000,
  memoryBytes: 200_000_000,
  temporaryBytes: 1_000_000,
};

/** Says of itself what the wall must have made of it. Each line is one fact; what is missing is a fault. */
const SELF_CHECK = `
grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd|Uid):' /proc/self/status | tr -s '\\t ' ' '
echo "interfaces: $(grep -c : /proc/net/dev)"
echo "processes: $(ls -d /proc/[0-9]* | wc -l)"
for place in /root /home /var /run /sys /boot /mnt /opt "$HOST_FOLDER"; do [ -e "$place" ] && echo "sees: $place"; done
(: > /usr/.moltbot) 2>/dev/null && echo 'writes: /usr'
(: > /workspace/.moltbot) 2>/dev/null && echo 'writes: /workspace'
sed -n 's/^Max processes *\\([0-9]*\\) .*/processes at most: \\1/p' /proc/self/limits
`;

/** What the answer lacks, in words; null when everything is as it must be. Exported for its test. */
export const faultIn = (answer: string, processes: number): string | null => {
  const lines = answer.trim().split("\n");
  const value = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const expected: readonly (readonly [name: string, value: string, problem: string])[] = [
    ["NoNewPrivs", "1", "programs could gain privileges"],
    ["Seccomp", "2", "the filter of system calls is not in force"],
    ["CapEff", "0000000000000000", "programs keep capabilities of root"],
    ["interfaces", "1", "the network of this machine is in sight"],
    ["writes", "/workspace", "the workspace cannot be written, or the system can"],
    ["processes at most", String(processes), "the number of processes is not limited"],
  ];
  const wrong = expected.find(([name, wanted]) => value(name) !== wanted);
  if (wrong !== undefined) return wrong[2];
  if ((value("Uid") ?? "0 ").startsWith("0 ")) return "programs run as root";
  const seen = value("sees");
  return seen === undefined ? null : `folders of this machine are in sight (${seen})`;
};

/** Where bubblewrap lies; never looked for on a PATH that somebody could lead elsewhere. */
export const findBubblewrap = (): string | null => PLACES.find((place) => existsSync(place)) ?? null;

/** Runs a program behind the wall that looks around, and believes only what it must have found. */
export const checkWall = async (run: RunBehindWall): Promise<WallState> => {
  const folder = await mkdtemp(join(tmpdir(), "moltbot-wall-"));
  try {
    const workspace = join(folder, "workspace");
    await mkdir(workspace, { mode: 0o700 });
    if (process.getuid?.() === 0) await chown(workspace, SPARE_ID, SPARE_ID);
    const ran = await run(
      { argv: ["/bin/sh", "-c", SELF_CHECK], workspace, env: { HOST_FOLDER: folder }, limits: LIMITS },
      AbortSignal.timeout(CHECK_MS),
    );
    if (!ran.ok) return { kind: "missing", problem: ran.error.message, next: INSTALL };
    if (ran.value.exitCode === null || ran.value.output.length === 0)
      return {
        kind: "missing",
        problem: "bubblewrap is there and cannot make namespaces for programs",
        next: "Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap).",
      };
    const fault = faultIn(Buffer.from(ran.value.output).toString(), LIMITS.processes);
    return fault === null ? { kind: "ready" } : { kind: "missing", problem: fault, next: INSTALL };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** There is no wall on this system, or no bubblewrap. */
export const noWall = (platform: string): WallMissing =>
  platform === "linux"
    ? { kind: "missing", problem: "bubblewrap is not installed", next: INSTALL }
    : {
        kind: "missing",
        problem: `there is no wall for ${platform} yet`,
        next: "Run the gateway on Linux, or in a Linux machine of its own.",
      };
