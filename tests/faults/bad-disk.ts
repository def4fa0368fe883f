/** Disks that are full or only to be read, made where root may mount one, and limits that need no root. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { newFolder } from "./filled-home.ts";

const works = (command: string, argv: readonly string[]): boolean => {
  try {
    execFileSync(command, argv, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

const mounted: string[] = [];
const unmount = (folder: string): void => void works("umount", ["-l", folder]);
process.once("exit", () => mounted.forEach(unmount));

/** Why no disk of our own can be mounted here; null where it can. */
export const whyNoMount = ((): string | null => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "mounts a disk, which needs root on Linux";
  const folder = newFolder();
  if (!works("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder]))
    return "mounts a disk, which this machine refuses";
  unmount(folder);
  return null;
})();
export const whyNoPrlimit: string | null = works("prlimit", ["--fsize=1000000", "true"])
  ? null
  : "limits the size of files: install util-linux (prlimit)";
export const whyNoStrace: string | null = works("strace", ["-f", "-e", "inject=fsync:error=EIO", "true"])
  ? null
  : "lets fsync fail: install strace, and allow it to trace";
/** A title with the reason why it does not run here. */
export const because = (reason: string | null): string => (reason === null ? "" : ` (skipped: it ${reason})`);

/** A small disk of one's own. */
export interface SmallDisk {
  readonly folder: string;
  /** Leaves this many bytes free. */
  readonly fill: (left: number) => void;
  readonly makeRoom: () => void;
  /** From now on nothing new can be written; needs that nobody has a file of it open for writing. */
  readonly readOnly: () => void;
  readonly writable: () => void;
  readonly remove: () => void;
}

export const smallDisk = (megabytes: number): SmallDisk => {
  const folder = newFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${String(megabytes)}m`, "none", folder]);
  mounted.push(folder);
  const ballast = join(folder, "ballast");
  return {
    folder,
    fill: (left) => {
      rmSync(ballast, { force: true });
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - left)));
    },
    makeRoom: () => rmSync(ballast, { force: true }),
    readOnly: () => void execFileSync("mount", ["-o", "remount,ro", folder], { stdio: "pipe" }),
    writable: () => void execFileSync("mount", ["-o", "remount,rw", folder], { stdio: "pipe" }),
    remove: () => unmount(folder),
  };
};

/** The same folder again at another place, only to be read there or, laid over itself, for everybody who opens anew. */
export const lieReadOnlyOver = (folder: string): (() => void) => {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["--bind", folder, folder]);
  execFileSync("mount", ["-o", "remount,ro,bind", folder]);
  mounted.push(folder);
  return () => unmount(folder);
};

const WRITER = fileURLToPath(new URL("./write-until-refused.ts", import.meta.url));

/** What a writer said until it was refused or ended. */
export interface Written {
  readonly accepted: readonly string[];
  readonly refused: readonly string[];
  readonly code: number | null;
  readonly errors: string;
}

/** Lets a process of its own write into the home until something is refused: `wrap` is put before its command. */
export const writeUntilRefused = async (folder: string, wrap: readonly string[], filled: object): Promise<Written> => {
  const own = [WRITER, folder, JSON.stringify(filled)];
  const [wrapper, ...argv] = wrap;
  const child = spawn(wrapper ?? process.execPath, wrapper === undefined ? own : [...argv, process.execPath, ...own], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const accepted: string[] = [];
  const refused: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, rest = ""] = line.split(" ");
    if (word === "accepted") accepted.push(rest);
    if (word === "refused") refused.push(rest);
  }
  return { accepted, refused, code: await ended, errors };
};
