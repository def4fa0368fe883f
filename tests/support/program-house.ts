import { createHash, randomUUIDv7 } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConversationId, err, moltbotError, ok } from "@moltbot/contracts";
import type { ToolCall } from "@moltbot/contracts";
import { createPrograms, createWall, createWorkspaceCopy } from "../../packages/execution/src/sandbox/index.ts";
import type { Programs, Wall } from "../../packages/execution/src/sandbox/index.ts";
import { WALL_PARTS, beginBy } from "../../packages/execution/src/sandbox/wall/begin-behind-wall.ts";
import type { WallParts } from "../../packages/execution/src/sandbox/wall/begin-behind-wall.ts";
import { bubblewrapArguments } from "../../packages/execution/src/sandbox/wall/bubblewrap-arguments.ts";
import { findBubblewrap } from "../../packages/execution/src/sandbox/wall/check-wall.ts";
import { runBy } from "../../packages/execution/src/sandbox/wall/run-behind-wall.ts";
import { startBy } from "../../packages/execution/src/sandbox/wall/start-behind-wall.ts";
import { createToolExecutor } from "../../packages/execution/src/tools/index.ts";
import { buildHouse, callOf, permitsOf, scope } from "../../packages/execution/src/tools/test-support/world.ts";
import { openHostWorld } from "./host-world.ts";
import type { HostWorld } from "./host-world.ts";
import { PROJECT } from "./gateway-process.ts";

export { noWallHere } from "../../packages/execution/src/sandbox/wall/test-support/no-wall-here.ts";

/** The wall without some of its arguments, each with as many as follow it, and with more of them at its end. */
export const without = (
  removed: Readonly<Record<string, number>>,
  more: readonly string[] = [],
): Pick<WallParts, "argumentsOf"> => ({
  argumentsOf: (job, isRoot) => {
    const whole = bubblewrapArguments(job, isRoot);
    const last = whole.indexOf("--remount-ro");
    const all = [...whole.slice(0, last), ...more, ...whole.slice(last)];
    const kept: string[] = [];
    for (let at = 0; at < all.length; at += 1) {
      const skipped = removed[all[at] ?? ""];
      if (skipped === undefined) kept.push(all[at] ?? "");
      else at += skipped;
    }
    return kept;
  },
});

/** A wall that never looks at itself: what stands of it is what a test left. */
const weakWall = (parts: Partial<WallParts>): Wall => {
  const bubblewrap = findBubblewrap() ?? "";
  const left = { ...WALL_PARTS, ...parts };
  const run = runBy(bubblewrap, left);
  return {
    state: () => ({ kind: "ready" }),
    check: async () => ({ kind: "ready" }),
    run,
    start: startBy(bubblewrap, left),
    begin: beginBy(bubblewrap, left),
    watch: () => () => undefined,
  };
};

/** The real tools over real programs, copies and a wall, on a machine with canaries; the guard alone is missing. */
export interface ProgramHouse {
  readonly world: HostWorld;
  readonly programs: Programs;
  readonly home: string;
  readonly workspace: string;
  /** Runs a tool for a conversation (the first one where none is named), and gives its words, or the code of its error. */
  call(tool: string, args: ToolCall["arguments"], conversation?: ConversationId): Promise<string>;
  /** Runs a script behind the wall by exec.shell, with the places of the world put in. */
  shell(script: string): Promise<string>;
  close(): Promise<void>;
}

const CONVERSATION = ConversationId.parse("01890a5d-ac96-774b-bcce-b302099a8057");
const hash = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

export interface ProgramHouseWish {
  /** In the place of parts of the wall; given, the wall does not look at itself either. */
  readonly parts?: Partial<WallParts> | ((world: HostWorld, home: string) => Partial<WallParts>);
  readonly wall?: Wall;
  readonly openGate?: Parameters<typeof createPrograms>[0]["openGate"];
  /** In the place of what finds programs; none in earnest. */
  readonly find?: (programs: Programs) => Programs["find"];
}

export const openProgramHouse = async ({
  parts,
  wall,
  openGate,
  find,
}: ProgramHouseWish = {}): Promise<ProgramHouse> => {
  const home = mkdtempSync(join(tmpdir(), "moltbot-home-"));
  chmodSync(home, 0o711);
  const world = await openHostWorld(() => home);
  const base = await buildHouse();
  const weaker = typeof parts === "function" ? parts(world, home) : parts;
  const stands = wall ?? (weaker === undefined ? createWall() : weakWall(weaker));
  const made = createPrograms({
    wall: stands,
    copy: createWorkspaceCopy({ hash }),
    openGate: openGate ?? (async (_socket, hosts) => err(moltbotError("HOST_NOT_ALLOWED", { host: hosts.join(" ") }))),
    copies: join(home, "copies"),
    nodePath: process.execPath,
    forwarderPath: join(PROJECT, "packages/sandbox-runner/src/forward.ts"),
    newId: () => randomUUIDv7(),
  });
  const programs = find === undefined ? made : { ...made, find: find(made) };
  await stands.check();
  const permits = permitsOf();
  const tools = createToolExecutor({
    ...base.ports,
    programs,
    placeOf: async ({ conversationId }) => {
      mkdirSync(join(home, "copies", conversationId), { recursive: true, mode: 0o700 });
      const copy = join(home, "copies", conversationId, "copy");
      return ok({ workspace: base.workspace, copy, key: conversationId, conversationId });
    },
    redeemer: permits,
  });
  const call: ProgramHouse["call"] = async (tool, args, conversationId = CONVERSATION) => {
    const one = callOf(tool, args, { conversationId });
    await tools.resolve(one);
    const ran = await tools.run(permits.mint(one), one, scope, AbortSignal.timeout(60_000));
    return ran.ok ? ran.value.text : ran.error.code;
  };
  return {
    world,
    programs,
    home,
    workspace: base.workspace,
    call,
    shell: (script) => call("exec.shell", { command: world.fill(script), seconds: 15 }),
    close: async () => {
      await made.close();
      await base.close();
      await world.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};
