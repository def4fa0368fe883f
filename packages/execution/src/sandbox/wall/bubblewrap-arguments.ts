import type { WallFile, WallGate, WallJob } from "./wall-job.ts";

/** The descriptors on which bubblewrap finds the seccomp filter and the names of users and groups. */
export const DESCRIPTORS = Object.freeze({ filter: 3, passwd: 4, group: 5 });

/** Ids that no package and no person has (systemd's range for dynamic users). A gateway that is root gives its programs this one. */
export const SPARE_ID = 64_217;
/** What a person's programs are inside; outside they are that person. */
const INSIDE_ID = 1_000;
const MEBIBYTE = 1024 * 1024;
/** As much as programs that share memory expect to find. */
const SHARED_BYTES = 64 * MEBIBYTE;
/** Addresses that V8 and its like reserve and count as data without touching them. */
const RESERVED_BYTES = 1024 * MEBIBYTE;
/** What a Node program has beside its heap: its code, buffers, and what a collection takes. */
const BESIDE_HEAP_BYTES = 512 * MEBIBYTE;

/** Bubblewrap's own, which ends with the gateway and takes every other one of its namespace with it. Exported for its test. */
export const FIRST_PROCESS = "/proc/1";

/** Folders of the host's system: programs and what they read. Nothing of /etc but what names, users and certificates need. */
const SYSTEM: readonly (readonly string[])[] = [
  ["--perms", "0755", "--dir", "/etc"],
  ["--ro-bind", "/usr", "/usr"],
  ["--symlink", "usr/bin", "/bin"],
  ["--symlink", "usr/sbin", "/sbin"],
  ["--symlink", "usr/lib", "/lib"],
  ["--symlink", "usr/lib64", "/lib64"],
  ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
  ["--perms", "0755", "--dir", "/etc/ssl"],
  ["--ro-bind-try", "/etc/ssl/certs", "/etc/ssl/certs"],
  ["--ro-bind-try", "/etc/ssl/openssl.cnf", "/etc/ssl/openssl.cnf"],
  ["--perms", "0644", "--ro-bind-data", String(DESCRIPTORS.passwd), "/etc/passwd"],
  ["--perms", "0644", "--ro-bind-data", String(DESCRIPTORS.group), "/etc/group"],
  ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"],
  ["--ro-bind-try", "/etc/localtime", "/etc/localtime"],
];

/** Where the forwarder listens, in the program's own network namespace; it knows this itself. */
const FORWARDER = "http://127.0.0.1:1080";
const OURS = "/moltbot";

/** The ways in which programs are told of a proxy. Node reads them only where it is told to. */
const proxies = ({ around }: WallGate): Readonly<Record<string, string>> => ({
  ALL_PROXY: FORWARDER,
  HTTPS_PROXY: FORWARDER,
  HTTP_PROXY: FORWARDER,
  NO_PROXY: around.join(","),
  NODE_USE_ENV_PROXY: "1",
  http_proxy: FORWARDER,
  https_proxy: FORWARDER,
  no_proxy: around.join(","),
});

/** V8 would measure its heap by this machine's memory and be ended without a word: so it says itself what ran out. */
const heapOf = (memoryBytes: number): string =>
  `--max-old-space-size=${String(Math.floor(Math.max(memoryBytes / 2, memoryBytes - BESIDE_HEAP_BYTES) / MEBIBYTE))}`;

const environment = ({ env = {}, gate, limits: { memoryBytes } }: WallJob): readonly string[] =>
  Object.entries({
    NODE_OPTIONS: heapOf(memoryBytes),
    ...env,
    ...(gate === undefined ? {} : proxies(gate)),
    HOME: "/workspace",
    LANG: "C.UTF-8",
    // Ours comes last: a runtime of the system goes before it.
    PATH: `/usr/local/bin:/usr/bin:/bin:${OURS}/bin`,
    TMPDIR: "/tmp",
  }).flatMap(([name, value]) => ["--setenv", name, value]);

const openFolder = (path: string): readonly string[] => ["--perms", "0755", "--dir", path];

/** The folders in which files are to appear, outer ones first: bubblewrap would make them for itself alone. */
const foldersOf = (files: readonly WallFile[]): readonly string[] => {
  const all = files.flatMap(({ inside }) => {
    const parts = inside.split("/").slice(2, -1);
    return parts.map((_, at) => [OURS, ...parts.slice(0, at + 1)].join("/"));
  });
  return [...new Set(all)];
};

/** Our runtime, and the way to the gate: read-only like the system. A socket takes connections there all the same. */
const runtime = ({ node, gate, files = [] }: WallJob): readonly string[] => [
  ...openFolder(OURS),
  ...openFolder(`${OURS}/bin`),
  ...(node === undefined ? [] : ["--ro-bind", node, `${OURS}/node`, "--symlink", "../node", `${OURS}/bin/node`]),
  ...(gate === undefined
    ? []
    : ["--ro-bind", gate.forwarder, forwarderInside(gate), "--ro-bind", gate.socket, `${OURS}/gate.sock`]),
  ...foldersOf(files).flatMap(openFolder),
  ...files.flatMap(({ inside, outside }) => ["--ro-bind", outside, inside]),
];

const workspaceOf = ({ workspace }: WallJob): readonly string[] =>
  workspace === undefined ? openFolder("/workspace") : ["--bind", workspace, "/workspace"];

/** Node tells by its name how to read it: a source has types to leave out. */
const forwarderInside = ({ forwarder }: WallGate): string =>
  `${OURS}/forward.${forwarder.endsWith(".ts") ? "mts" : "mjs"}`;

/** The forwarder starts the program as its child, and ends with it. */
const through = ({ gate }: WallJob): readonly string[] =>
  gate === undefined ? [] : [`${OURS}/node`, forwarderInside(gate)];

/** Each limit by the kernel; set inside, where processes are counted apart from those of the person outside. */
const limits = ({
  limits: { cpuSeconds, processes, openFiles, fileBytes, memoryBytes },
}: WallJob): readonly string[] => [
  "/usr/bin/prlimit",
  `--cpu=${String(cpuSeconds)}`,
  `--nproc=${String(processes)}`,
  `--nofile=${String(openFiles)}`,
  `--fsize=${String(fileBytes)}`,
  `--data=${String(memoryBytes + RESERVED_BYTES)}`,
  "--core=0",
  "--",
];

/** From root to an id that nobody has, with no way back: root's processes have no limits. */
const dropRoot: readonly string[] = [
  "/usr/bin/setpriv",
  `--reuid=${String(SPARE_ID)}`,
  `--regid=${String(SPARE_ID)}`,
  "--clear-groups",
  "--bounding-set=-all",
  "--inh-caps=-all",
  "--no-new-privs",
];

/** What the drop from root needs until it happened. */
const DROP_CAPABILITIES = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].flatMap((name) => ["--cap-add", name]);

/** The one user and the one group that exist behind the wall, as /etc/passwd and /etc/group. */
export const namesInside = (isRoot: boolean): { readonly passwd: string; readonly group: string } => {
  const id = String(isRoot ? SPARE_ID : INSIDE_ID);
  return { passwd: `moltbot:x:${id}:${id}::/workspace:/bin/sh\n`, group: `moltbot:x:${id}:\n` };
};

const identity = (isRoot: boolean): readonly string[] =>
  isRoot
    ? ["--cap-drop", "ALL", ...DROP_CAPABILITIES]
    : ["--unshare-user", "--uid", String(INSIDE_ID), "--gid", String(INSIDE_ID), "--cap-drop", "ALL"];

/**
 * The arguments of bubblewrap for a job: namespaces of its own for users (where the gateway is no root), processes, network (none but
 * its own loopback), mounts, messages, host name and control groups; the system read-only, the workspace the one place to write, /tmp
 * of its own; no new privileges; dies with the gateway.
 */
export const bubblewrapArguments = (job: WallJob, isRoot: boolean): readonly string[] => [
  ...identity(isRoot),
  "--unshare-pid",
  "--unshare-net",
  "--unshare-ipc",
  "--unshare-uts",
  "--unshare-cgroup",
  "--hostname",
  "moltbot",
  "--die-with-parent",
  "--new-session",
  "--clearenv",
  ...environment(job),
  ...SYSTEM.flat(),
  "--proc",
  "/proc",
  "--dev",
  "/dev",
  "--perms",
  "1777",
  "--size",
  String(job.limits.temporaryBytes),
  "--tmpfs",
  "/tmp",
  "--perms",
  "1777",
  "--size",
  String(Math.min(SHARED_BYTES, job.limits.temporaryBytes)),
  "--tmpfs",
  "/dev/shm",
  // Threat: to a program that has the gateway's own id, bubblewrap's first process is its own as well. What is written into its memory
  // unties it from the gateway, and then nothing in its namespace ends when the gateway does.
  "--tmpfs",
  FIRST_PROCESS,
  ...runtime(job),
  ...workspaceOf(job),
  // Threat: they lie in memory without a size, and belong to a program that has the gateway's own id.
  "--remount-ro",
  "/dev",
  "--remount-ro",
  FIRST_PROCESS,
  "--remount-ro",
  "/",
  "--chdir",
  "/",
  "--seccomp",
  String(DESCRIPTORS.filter),
  "--",
  ...(isRoot ? dropRoot : []),
  // Only now: before the drop root may not enter a folder that is the spare id's alone.
  "/usr/bin/env",
  `--chdir=${job.cwd === undefined || job.cwd === "" ? "/workspace" : `/workspace/${job.cwd}`}`,
  // After it, since `env` would take a program named A=B for a variable.
  ...limits(job),
  // Whoever waits for the gateway goes before whoever computes.
  "/usr/bin/nice",
  "-n19",
  ...through(job),
  ...job.argv,
];
