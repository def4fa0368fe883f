import { existsSync, readFileSync } from "node:fs";
import { chown, mkdir, mkdtemp, readlink, rm } from "node:fs/promises";
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
  // More than all programs of the gateway may have: as root it counts theirs too, and looking must not fail while they run.
  processes: 1_024,
  openFiles: 64,
  fileBytes: 1_000_000,
  outputBytes: 100_000,
  memoryBytes: 200_000_000,
  temporaryBytes: 1_000_000,
  diskBytes: 100_000_000,
};
/** The check itself, the shell that began it and bubblewrap: a machine of its own. */
const MOST_PROCESSES = 8;
/** Each is another one than the gateway's. */
const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "uts"] as const;

/** Says of itself what the wall must have made of it. Each line is one fact; what is missing is a fault. */
const SELF_CHECK = `
grep -E '^(NoNewPrivs|Seccomp|CapEff|CapBnd|Uid):' /proc/self/status | tr -s '\\t ' ' '
echo "interfaces: $(grep -c : /proc/net/dev)"
for name in ${NAMESPACES.join(" ")}; do echo "$name: $(readlink /proc/self/ns/$name)"; done
echo "first process: $(ls -A /proc/1 | wc -l)"
echo "processes: $(ls -d /proc/[0-9]* | wc -l)"
for place in /root /home /var /run /sys /boot /mnt /opt "$HOST_FOLDER"; do [ -e "$place" ] && echo "sees: $place"; done
for place in / /usr /etc /dev /moltbot; do (: > "$place/.moltbot") 2>/dev/null && echo "writes: $place"; done
(: > /workspace/.moltbot) 2>/dev/null && echo 'writes: /workspace'
sed -n 's/^Max processes *\\([0-9]*\\) .*/processes at most: \\1/p' /proc/self/limits
`;

/** The namespaces of the gateway itself, by name; none that are the same inside. */
export type Namespaces = Readonly<Record<string, string>>;

/** What the answer lacks, in words; null when everything is as it must be. Exported for its test. */
export const faultIn = (answer: string, processes: number, outside: Namespaces): string | null => {
  const lines = answer.trim().split("\n");
  const value = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  const expected: readonly (readonly [name: string, value: string, problem: string])[] = [
    ["NoNewPrivs", "1", "programs could gain privileges"],
    ["Seccomp", "2", "the filter of system calls is not in force"],
    ["CapEff", "0000000000000000", "programs keep capabilities of root"],
    ["CapBnd", "0000000000000000", "programs could get capabilities of root back"],
    ["first process", "0", "programs could take over the process that ends them"],
    ["interfaces", "1", "the network of this machine is in sight"],
    ["writes", "/workspace", "the workspace cannot be written, or the system can"],
    ["processes at most", String(processes), "the number of processes is not limited"],
  ];
  const wrong = expected.find(([name, wanted]) => value(name) !== wanted);
  if (wrong !== undefined) return wrong[2];
  if ((value("Uid") ?? "0 ").startsWith("0 ")) return "programs run as root";
  const shared = NAMESPACES.find((name) => !/^\w+:\[\d+\]$/.test(value(name) ?? "") || value(name) === outside[name]);
  if (shared !== undefined) return `programs are not apart from this machine (${shared})`;
  const count = Number(value("processes"));
  if (!(count >= 1 && count <= MOST_PROCESSES)) return "processes of this machine are in sight";
  const seen = value("sees");
  return seen === undefined ? null : `folders of this machine are in sight (${seen})`;
};

const namespacesHere = async (): Promise<Namespaces> =>
  Object.fromEntries(
    await Promise.all(NAMESPACES.map(async (name) => [name, await readlink(`/proc/self/ns/${name}`)] as const)),
  );

/** What keeps people from making namespaces: where Linux says so, which word means that it does, and what turns it. */
const SWITCHES: readonly (readonly [place: string, closed: string, next: string])[] = [
  [
    "kernel/unprivileged_userns_clone",
    "0",
    "Allow people to make namespaces: as root, sysctl kernel.unprivileged_userns_clone=1, and the same line in a file of /etc/sysctl.d.",
  ],
  [
    "user/max_user_namespaces",
    "0",
    "Allow people to make namespaces: as root, sysctl user.max_user_namespaces=15000, and the same line in a file of /etc/sysctl.d.",
  ],
  [
    "kernel/apparmor_restrict_unprivileged_userns",
    "1",
    "Give bwrap an AppArmor profile that allows userns (on Ubuntu bwrap-userns-restrict of the package apparmor-profiles).",
  ],
];
const BY_A_CONTAINER =
  "Run the gateway where namespaces can be made: most containers forbid it, and so do some systems by rules of their own.";
const settingOf = (place: string): string | null => {
  try {
    return readFileSync(`/proc/sys/${place}`, "utf8").trim();
  } catch {
    return null; // this kernel does not have it
  }
};

/** What lets namespaces be made, by what this machine says of itself. Exported for its test. */
export const nextForNamespaces = (setting = settingOf): string =>
  SWITCHES.find(([place, closed]) => setting(place) === closed)?.[2] ?? BY_A_CONTAINER;

/** Gives a folder to the id of the programs; false where root may not. */
const isGiven = async (folder: string): Promise<boolean> => {
  if (process.getuid?.() !== 0) return true;
  return chown(folder, SPARE_ID, SPARE_ID).then(
    () => true,
    () => false,
  );
};

/** Where bubblewrap lies; never looked for on a PATH that somebody could lead elsewhere. */
export const findBubblewrap = (): string | null => PLACES.find((place) => existsSync(place)) ?? null;

/** Runs a program behind the wall that looks around, and believes only what it must have found. */
export const checkWall = async (run: RunBehindWall): Promise<WallState> => {
  const folder = await mkdtemp(join(tmpdir(), "moltbot-wall-"));
  try {
    const workspace = join(folder, "workspace");
    await mkdir(workspace, { mode: 0o700 });
    if (!(await isGiven(workspace)))
      return {
        kind: "missing",
        problem: "this root may give no folder to another id, as in a container that has one id alone",
        next: "Run the gateway outside of the container, or as an ordinary person.",
      };
    const ran = await run(
      { argv: ["/bin/sh", "-c", SELF_CHECK], workspace, env: { HOST_FOLDER: folder }, limits: LIMITS },
      AbortSignal.timeout(CHECK_MS),
    );
    if (!ran.ok) return { kind: "missing", problem: ran.error.message.replace(/\.$/, ""), next: INSTALL };
    if (ran.value.stop !== null)
      return {
        kind: "missing",
        problem: `the program that looks at it was ended (${ran.value.stop})`,
        next: "Free memory and disk of this machine, and try again.",
      };
    if (ran.value.output.length === 0)
      return {
        kind: "missing",
        problem: "bubblewrap is there and cannot make namespaces for programs",
        next: nextForNamespaces(),
      };
    const fault = faultIn(Buffer.from(ran.value.output).toString(), LIMITS.processes, await namespacesHere());
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
        problem: `there is no wall for ${platform}`,
        next: "Run the gateway on Linux, or in a Linux machine of its own.",
      };
