import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConversationId, done, err, moltbotError, ok } from "@moltbot/contracts";
import type { WorkspaceCopy } from "../../copy/workspace-copy.ts";
import { SPARE_ID } from "../../wall/bubblewrap-arguments.ts";
import { createWall } from "../../wall/wall.ts";
import type { Wall } from "../../wall/wall.ts";
import { createPrograms } from "../create-programs.ts";
import type { OpenGate, ProgramPlace, ProgramWish, Programs } from "../programs.ts";

export const isRoot = process.getuid?.() === 0;
export const FORWARDER = join(import.meta.dirname, "../../../../../sandbox-runner/src/forward.ts");
export const CONVERSATION = ConversationId.parse("01890a5d-ac96-774b-bcce-b302099a8057");
export const OTHER_CONVERSATION = ConversationId.parse("01890a5d-ac96-774b-bcce-b302099a8058");

const giveAway = (path: string): void => {
  if (!isRoot) return;
  chownSync(path, SPARE_ID, SPARE_ID);
  for (const one of readdirSync(path, { withFileTypes: true }))
    if (one.isDirectory()) giveAway(join(path, one.name));
    else chownSync(join(path, one.name), SPARE_ID, SPARE_ID);
};

/** A copy of the plainest kind: everything comes over each time, and a file called `both` is a conflict. */
export const plainCopy = (): WorkspaceCopy & { readonly refreshed: ProgramPlace["copy"][] } => {
  const refreshed: string[] = [];
  return {
    refreshed,
    refresh: async ({ workspace, copy }) => {
      refreshed.push(copy);
      if (existsSync(join(workspace, "too large")))
        return err(moltbotError("WORKSPACE_TOO_LARGE", { limit: "1 byte" }));
      mkdirSync(copy, { recursive: true });
      cpSync(workspace, copy, { recursive: true });
      giveAway(copy);
      return ok({ conflicts: existsSync(join(workspace, "both")) ? ["both"] : [] });
    },
    difference: async () => ok({ changes: [], passedOver: [], complete: true }),
    content: async () => err(moltbotError("FILE_NOT_FOUND")),
    settle: async () => done,
    remove: async (copy) => rmSync(copy, { recursive: true, force: true }),
  };
};

/** A workspace with its copies, and programs over a wall that was looked at. */
export const setUp = async (
  parts: { readonly wall?: Wall; readonly openGate?: OpenGate; readonly copy?: WorkspaceCopy } = {},
): Promise<{
  readonly programs: Programs;
  readonly wall: Wall;
  readonly folder: string;
  readonly workspace: string;
  readonly copy: ReturnType<typeof plainCopy>;
  readonly wish: (script: string, more?: Partial<ProgramWish> & { readonly key?: string }) => ProgramWish;
  readonly close: () => Promise<void>;
}> => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-programs-"));
  // The spare id passes through, and lists nothing.
  chmodSync(folder, 0o711);
  const workspace = join(folder, "workspace");
  mkdirSync(workspace);
  const wall = parts.wall ?? createWall();
  const copy = plainCopy();
  let ids = 0;
  const programs = createPrograms({
    wall,
    copy: parts.copy ?? copy,
    openGate: parts.openGate ?? (async () => err(moltbotError("HOST_NOT_ALLOWED", { host: "any" }))),
    copies: join(folder, "copies"),
    nodePath: process.execPath,
    forwarderPath: FORWARDER,
    newId: () => `program-${String((ids += 1))}`,
  });
  await wall.check();
  return {
    programs,
    wall,
    folder,
    workspace,
    copy,
    wish: (script, { key = "one", ...more } = {}) => ({
      place: { workspace, copy: join(folder, "copies", CONVERSATION, key), key, conversationId: CONVERSATION },
      argv: ["/bin/sh", "-c", script],
      hosts: [],
      seconds: 20,
      ...more,
    }),
    close: async () => {
      await programs.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Looks again until it holds, at most five seconds. */
export const until = async (holds: () => boolean): Promise<boolean> => {
  for (let looks = 0; looks < 100 && !holds(); looks += 1) await new Promise((resolve) => void setTimeout(resolve, 50));
  return holds();
};
