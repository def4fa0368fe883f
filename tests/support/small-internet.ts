import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noWallHere } from "../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";
import type { Names } from "./name-server.ts";

/** One request to a host of the small internet: by which way out, and where to. */
export interface InternetTry {
  readonly via: "send" | "fetch" | "connect" | "socks";
  readonly url: string;
}

/** What happens in a small internet: what its name server says, who redirects where, and what is tried one after the other. */
export interface InternetJob {
  readonly names: Names;
  /** `host/path` → where it leads. */
  readonly redirects?: Readonly<Record<string, string>>;
  readonly tries: readonly InternetTry[];
  /** `resolves-twice`: what is dialled is the name, not the address that was checked. `no-check`: every address counts as public. */
  readonly unplug?: "resolves-twice" | "no-check";
}

export interface InternetReport {
  /** For each try `status 200`, or the code of its error. */
  readonly outcomes: readonly string[];
  /** The addresses at which somebody was reached, in order: what the kernel says, not what egress does. */
  readonly reached: readonly string[];
  readonly asked: readonly string[];
}

const BUBBLEWRAP = "/usr/bin/bwrap";
const IP = ["/usr/sbin/ip", "/usr/bin/ip", "/sbin/ip"].find((path) => existsSync(path));

/** Why there can be none here; null where there can. */
export const noSmallInternet = (): string | null => {
  if (process.platform !== "linux") return "it needs Linux";
  const noWall = noWallHere();
  if (noWall !== null) return noWall;
  return IP === undefined ? "it needs the program ip (package iproute2)" : null;
};

const ETC: Readonly<Record<string, string>> = {
  "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:2\n",
  "nsswitch.conf": "hosts: files dns\n",
  hosts: "127.0.0.1 localhost\n::1 localhost\n",
};

/** From which port on anybody may listen. */
const LOW_PORTS = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
const PERSON = "unshare --user --map-user=1000 --map-group=1000";
const NAMESPACES = "--unshare-net --unshare-pid --die-with-parent --cap-add ALL".split(" ");
const PLACES = "--ro-bind / / --dev /dev --proc /proc --tmpfs /run".split(" ");

/** Runs one of our scripts in a network namespace where every address of the world is the machine's own; gives what it says. */
const runInside = (script: string, job: object): string => {
  const etc = mkdtempSync(join(tmpdir(), "moltbot-etc-"));
  try {
    for (const [name, text] of Object.entries(ETC)) writeFileSync(join(etc, name), text);
    const inside = join(import.meta.dirname, script);
    const isRoot = process.getuid?.() === 0;
    const identity = isRoot ? [] : ["--unshare-user", "--uid", "0", "--gid", "0"];
    const begin = [
      `"$1" route add local 0.0.0.0/0 dev lo && { "$1" -6 route add local ::/0 dev lo || true; }`,
      // A person is root for as long as it takes to make the network, and a person again: what runs inside must not take itself for root.
      isRoot ? `exec "$2" "$3" "$4"` : `echo 0 > ${LOW_PORTS} && exec ${PERSON} "$2" "$3" "$4"`,
    ].join(" && ");
    return execFileSync(
      BUBBLEWRAP,
      [
        ...identity,
        ...NAMESPACES,
        ...PLACES,
        "--ro-bind",
        etc,
        "/etc",
        "--",
        "/bin/sh",
        "-c",
        begin,
        "sh",
        IP ?? "ip",
        process.execPath,
        inside,
        JSON.stringify(job),
      ],
      { encoding: "utf8", env: { PATH: "/usr/bin:/bin", TMPDIR: "/run" }, timeout: 60_000 },
    );
  } finally {
    rmSync(etc, { recursive: true, force: true });
  }
};

/**
 * Plays a job where the system's resolver asks a name server of the attacker's, and egress is the product's own with nothing injected.
 * Nothing leaves, and what is reached is what the kernel says.
 */
export const playInSmallInternet = (job: InternetJob): InternetReport =>
  JSON.parse(runInside("small-internet-inside.ts", job)) as InternetReport; // written by that script

/** What a program behind the wall reached that dialled each of these addresses; `removed` names an argument of the wall to leave out. */
export const dialBehindWall = (
  addresses: readonly string[],
  removed: string | null,
): { readonly ran: boolean; readonly reached: readonly string[] } =>
  JSON.parse(runInside("small-internet-program.ts", { addresses, removed })) as ReturnType<typeof dialBehindWall>; // written by that script

/** What ordinary work with a repository of the small internet asked, and came to. */
export interface WorkReport {
  readonly asked: readonly string[];
  readonly ended: readonly string[];
  readonly file: string;
  readonly served: readonly string[];
}

/** A house where nothing was granted clones a repository from a public address, runs its tests and mends it. */
export const workInSmallInternet = (): WorkReport => JSON.parse(runInside("small-internet-work.ts", {})) as WorkReport; // written by that script
