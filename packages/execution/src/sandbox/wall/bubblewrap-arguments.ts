import type { WallJob } from "./wall-job.ts";

/** The descriptors on which bubblewrap finds the seccomp filter and the names of users and groups. */
export const DESCRIPTORS = Object.freeze({ filter: 3, passwd: 4, group: 5 });

/** Ids that no package and no person has (systemd's range for dynamic users). A gateway that is root gives its programs this one. */
export const SPARE_ID = 64_217;
/** What a person's programs are inside; outside they are that person. */
const INSIDE_ID = 1_000;
const MEBIBYTE = 1024 * 1024;
/** Addresses that V8 and its like reserve and count as data without touching them. */
const RESERVED_BYTES = 1024 * MEBIBYTE;

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

const environment = ({ env = {} }: WallJob): readonly string[] =>
  Object.entries({
    ...env,
    HOME: "/workspace",
    LANG: "C.UTF-8",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TMPDIR: "/tmp",
  }).flatMap(([name, value]) => ["--setenv", name, value]);

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
  "--bind",
  job.workspace,
  "/workspace",
  "--chdir",
  "/",
  "--seccomp",
  String(DESCRIPTORS.filter),
  "--",
  ...limits(job),
  ...(isRoot ? dropRoot : []),
  // Only now: before the drop root may not enter a folder that is the spare id's alone.
  "/usr/bin/env",
  `--chdir=${job.cwd === undefined || job.cwd === "" ? "/workspace" : `/workspace/${job.cwd}`}`,
  "--",
  ...job.argv,
];
