import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { done, err, joinLabels, moltbotError, ok } from "@moltbot/contracts";
import type { Label, Result } from "@moltbot/contracts";
import { quote } from "../quote.ts";
import { defineTool } from "../tool.ts";
import type { ToolRun } from "../tool.ts";
import { changed, changeOf, keepForUndo } from "../workspace/change-file.ts";
import { contentLabel, keepContentLabel } from "../workspace/content-label.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { keepOrigin, madeFrom } from "../workspace/origin.ts";
import { oneAfterAnother } from "../workspace/one-after-another.ts";
import { openForAppend } from "../workspace/open-inside.ts";
import { MOST_BYTES, presentIn, removeFile } from "../workspace/put-file.ts";
import type { Present } from "../workspace/put-file.ts";
import { readWhole } from "../workspace/read-whole.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { input, manifest } from "./manifest.ts";
import { previewOfAppend } from "./preview.ts";

const NEWLINE = 0x0a;

/** What is added, so that it stands on a line of its own. */
const lineFor = (present: Buffer, text: string): Result<Buffer> => {
  const line = Buffer.from(text.endsWith("\n") ? text : `${text}\n`);
  if (present.length + line.length > MOST_BYTES) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
  return ok((present.at(-1) ?? NEWLINE) === NEWLINE ? line : Buffer.concat([Buffer.from("\n"), line]));
};

/**
 * Keeps the label of what the file holds now, as read back from the same handle: that of what stood there joined with the
 * call's. Somebody who wrote meanwhile has no part in that label, so then nothing is kept. What is not kept is untrusted.
 */
const keepLabel = async (run: ToolRun, handle: FileHandle, expected: Buffer, before: Label): Promise<void> => {
  const now = await readWhole(handle, MOST_BYTES);
  if (!now.ok || !now.value.equals(expected)) return;
  await keepContentLabel(run, now.value, joinLabels(before, run.call.label));
};

/** Keeps what stands there, adds one line on the disk before it returns, and says with which label the whole may be read again. */
const appendKept = async (
  run: ToolRun,
  handle: FileHandle,
  { located, present, created }: { readonly located: Located; readonly present: Present; readonly created: boolean },
  text: string,
): Promise<Result<void>> => {
  const bytes = lineFor(present.content, text);
  if (!bytes.ok) return bytes;
  const label = await contentLabel(run, present.content, located.relative);
  const next = Buffer.concat([present.content, bytes.value]);
  const kept = await keepForUndo(run, [changeOf(run, { located, present: created ? null : present, label }, next)]);
  if (!kept.ok) return kept;
  await handle.appendFile(bytes.value);
  await handle.sync();
  // The line stands whatever becomes of its label.
  await keepLabel(run, handle, next, label).catch(() => undefined);
  await keepOrigin(run, located, next, madeFrom(run.call), created ? null : present);
  return done;
};

/** Makes a new file's name as durable as its content. Windows cannot open folders; there the file's own sync must do. */
const syncFolder = async ({ root, parts }: Located): Promise<void> => {
  const folder = await open(dirname(join(root, ...parts)), constants.O_RDONLY).catch(() => null);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
};

/** Of two lines for one file, the second is kept with the first in it: so both can be undone, one after the other. */
const oneLineAtATime = oneAfterAnother();

/** Adds a line to a file, in its place, so that it stays the same file. What stood there is kept; a second run would add it twice. */
export const fileAppend = defineTool({
  manifest,
  input,
  seconds: 10,
  describe: ({ path, text }) => `Adds ${quote(text)} to the file ${quote(path)}.`,
  resolve: async ({ path }, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    return workspace.ok ? ok([await resolvePath(workspace.value, path)]) : workspace;
  },
  preview: async (args, call, ports) => {
    const workspace = await ports.workspaceOf(call);
    return workspace.ok ? previewOfAppend(args, call, workspace.value) : null;
  },
  run: async ({ path, text }, run) => {
    const workspace = await run.ports.workspaceOf(run.call);
    if (!workspace.ok) return workspace;
    await mkdir(workspace.value, { recursive: true, mode: 0o700 });
    const located = await locate(workspace.value, path);
    if (!located.ok) return located;
    const append = () =>
      openForAppend(located.value, async (handle, created) => {
        const present = await presentIn(handle);
        if (!present.ok) return present;
        const appended = await appendKept(
          run,
          handle,
          { located: located.value, present: present.value, created },
          text,
        );
        if (created && !appended.ok) await removeFile(located.value, present.value);
        if (created && appended.ok) await syncFolder(located.value);
        return appended;
      });
    const appended = await oneLineAtATime(join(located.value.root, located.value.relative), append);
    if (!appended.ok) return appended;
    return ok(changed(run, `Added ${quote(text)} to ${quote(located.value.relative)}`));
  },
});
