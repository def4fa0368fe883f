/** The wall for an ordinary person, and on machines that forbid what it is made of: each a namespace of users with rules of its own. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { WallState } from "./check-wall.ts";
import { asPerson } from "./test-support/as-person.ts";
import { noWallHere } from "./test-support/no-wall-here.ts";

const SCRIPT = fileURLToPath(new URL("test-support/say-state.ts", import.meta.url));
const UNSHARE = "/usr/bin/unshare";
const person = asPerson(SCRIPT);
const missing = noWallHere() ?? (person.can ? null : person.why) ?? (existsSync(UNSHARE) ? null : "it needs unshare");
const WHY_NOT = missing === null ? "" : ` (skipped: ${missing})`;

/** Nobody can make a namespace there, and nobody can change that. */
const CLOSED = [
  UNSHARE,
  "--user",
  "--map-current-user",
  "--keep-caps",
  "/bin/sh",
  "-c",
  `echo 0 > /proc/sys/user/max_user_namespaces && exec /usr/bin/setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs "$@"`,
  "sh",
];
/** There is one id, and it is root's: what many containers are. */
const ONE_ID = [UNSHARE, "--user", "--map-root-user"];

const stateOn = (machine: readonly string[]): WallState => {
  const [program, ...args] = [...machine, process.execPath, SCRIPT] as const;
  const ids = person.can && person.uid !== undefined ? { uid: person.uid, gid: person.gid } : {};
  const { stdout } = spawnSync(program, args, { ...ids, cwd: "/", env: {}, encoding: "utf8", timeout: 15_000 });
  return JSON.parse(stdout) as WallState; // what that script says
};
const containing = (word: string): string => expect.stringContaining(word) as string; // vitest types matchers as any

describe.skipIf(missing !== null)(`the wall of an ordinary person${WHY_NOT}`, () => {
  it("holds on this machine", () => {
    expect(stateOn([])).toEqual({ kind: "ready" });
  });
  it("is refused where nobody may make namespaces, and the switch is named", () => {
    const state = { kind: "missing", problem: containing("namespaces"), next: containing("user.max_user_namespaces") };
    expect(stateOn(CLOSED)).toEqual(state);
  });
  it("is refused to a root that has no other id to give", () => {
    const state = { kind: "missing", problem: containing("another id"), next: containing("an ordinary person") };
    expect(stateOn(ONE_ID)).toEqual(state);
  });
});
