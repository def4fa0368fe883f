import { join } from "node:path";
import { err, moltbotError } from "@moltbot/contracts";
import type { Egress, WayOut } from "@moltbot/execution/egress";
import { createPrograms, createWorkspaceCopy } from "@moltbot/execution/sandbox";
import type { OpenGate, Programs, Wall } from "@moltbot/execution/sandbox";
import { newId, sha256Hex } from "@moltbot/storage/crypto";
import type { Home } from "./home.ts";
import { copiesOf } from "./program-copies.ts";

export interface ProgramsWish {
  readonly home: Pick<Home, "root">;
  readonly wall: Wall;
  readonly wayOut: Pick<WayOut, "openGate">;
  /** What stands in place of the way out in a drill: then programs reach nobody either. */
  readonly insteadOfWayOut: Egress | undefined;
  /** Where this project's own programs lie, and whether they are run from their source. */
  readonly project: string;
  readonly fromSource: boolean;
}

/** The way out of one call's programs: to exactly the hosts that it names, on its own word. */
const gateOf =
  ({ wayOut, insteadOfWayOut }: ProgramsWish): OpenGate =>
  async (socket, hosts, { authority }) =>
    insteadOfWayOut === undefined
      ? wayOut.openGate(socket, { granted: [], kind: "tool", ...authority, hosts })
      : err(moltbotError("FETCH_FAILED", { host: hosts.join(" "), problem: "nobody is dialled in a drill" }));

/** What runs programs for this home: behind the wall, on copies in its folder, out by the gate alone. */
export const openPrograms = (wish: ProgramsWish): Programs => {
  const { home, wall, project, fromSource } = wish;
  return createPrograms({
    wall,
    copy: createWorkspaceCopy({ hash: sha256Hex }),
    openGate: gateOf(wish),
    copies: copiesOf(home),
    nodePath: process.execPath,
    forwarderPath: fromSource
      ? join(project, "packages/sandbox-runner/src/forward.ts")
      : join(project, "dist/forward.mjs"),
    newId,
  });
};
