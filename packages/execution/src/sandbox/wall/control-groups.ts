import { mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { rmdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { WallLimits } from "./wall-job.ts";

/** A control group (v2) of one program: its memory and its processes are counted by the kernel, all together. */
export interface ControlGroup {
  readonly folder: string;
  ranOutOfMemory(): boolean;
  /** Ends what is left in it, and removes it. */
  remove(): Promise<void>;
}

export interface ControlGroups {
  /** Null where there are none: then the gateway's own looks at memory are the limit. */
  open(limits: WallLimits): ControlGroup | null;
}

/** Where the kernel shows groups, and which one is ours; handed in only by tests. */
export interface GroupGround {
  readonly root: string;
  readonly ownGroup: string;
}
const GROUND: GroupGround = { root: "/sys/fs/cgroup", ownGroup: "/proc/self/cgroup" };

/** A service manager that delegates puts the gateway in here (systemd: `DelegateSubgroup=gateway`); its parent is then ours to divide. */
const OWN = "gateway";
const PREFIX = "program-";
/** Bubblewrap, and what sets limits inside. */
const MORE_PROCESSES = 8;
const NONE: ControlGroups = { open: () => null };

const tryTo = (act: () => void): boolean => {
  try {
    act();
    return true;
  } catch {
    return false;
  }
};

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // the kernel has no such group, or none of this version
  }
};

const groupAt = (folder: string): ControlGroup => ({
  folder,
  ranOutOfMemory: () => /^oom_kill [1-9]/m.test(textOf(join(folder, "memory.events"))),
  remove: async () => {
    await writeFile(join(folder, "cgroup.kill"), "1").catch(() => undefined);
    for (let tries = 0; tries < 5; tries += 1) {
      const isGone = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (isGone) return;
      await new Promise((resolve) => void setTimeout(resolve, 100));
    }
  },
});

/** The group that a service manager gave us to divide, with memory and processes counted below it; null where there is none. */
const delegated = ({ root, ownGroup }: GroupGround): string | null => {
  const own = /^0::(\/.*)$/m.exec(textOf(ownGroup))?.[1];
  if (own === undefined || basename(own) !== OWN) return null;
  const parent = join(root, dirname(own));
  const has = textOf(join(parent, "cgroup.controllers")).split(/\s+/);
  if (!["memory", "pids"].every((controller) => has.includes(controller))) return null;
  return tryTo(() => writeFileSync(join(parent, "cgroup.subtree_control"), "+memory +pids")) ? parent : null;
};

/** Looks whether groups are delegated to the gateway, and removes empty ones that a killed gateway left there. */
export const findControlGroups = (ground = GROUND): ControlGroups => {
  const parent = delegated(ground);
  if (parent === null) return NONE;
  for (const name of readdirSync(parent)) if (name.startsWith(PREFIX)) tryTo(() => rmdirSync(join(parent, name)));
  let count = 0;
  return {
    open: ({ memoryBytes, processes }) => {
      const folder = join(parent, `${PREFIX}${String(process.pid)}-${String((count += 1))}`);
      const isMade = tryTo(() => {
        mkdirSync(folder);
        writeFileSync(join(folder, "memory.max"), String(memoryBytes));
        writeFileSync(join(folder, "memory.oom.group"), "1");
        writeFileSync(join(folder, "pids.max"), String(processes + MORE_PROCESSES));
      });
      if (!isMade) {
        tryTo(() => rmdirSync(folder));
        return null;
      }
      // Absent where the kernel counts no swap.
      tryTo(() => writeFileSync(join(folder, "memory.swap.max"), "0"));
      return groupAt(folder);
    },
  };
};
