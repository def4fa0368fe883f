import { spawnSync } from "node:child_process";

/** An id that nobody has, other than the one of a root gateway's programs. */
const NOBODY = 64_218;

/** Who starts a gateway of a test as an ordinary person does, whoever runs the tests; why nobody can, where nobody can. */
export type AsPerson =
  | { readonly can: true; readonly uid?: number; readonly gid?: number }
  | { readonly can: false; readonly why: string };

/** A person is whoever runs the tests; where that is root, an id that nobody has, if it may read the project and our runtime. */
export const asPerson = (script: string): AsPerson => {
  const ids = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  // Only read: what it starts is the test's to say.
  const { status } = spawnSync(process.execPath, ["--check", script], { ...ids, cwd: "/", env: {}, stdio: "ignore" });
  return status === 0 ? { can: true, ...ids } : { can: false, why: "an ordinary person may not read this project" };
};
