import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { MoltbotError } from "@moltbot/contracts/errors";
import type { DrillDoor, DrillPlace } from "../../packages/gateway/src/drill/index.ts";
import { FORMATS } from "./formats.ts";
import { UsageError } from "./usage-error.ts";

/** Our own recorded tasks and attacks, which ship with the product: a bare clone measures something too. */
export const OWN_CORPUS = join(
  import.meta.dirname,
  "..",
  "..",
  "packages",
  "gateway",
  "src",
  "drill",
  "scenarios",
  "flow.json",
);

/** What kinds of attack share of their command line; parsed strictly, so that a misspelt option plays nothing. */
export const OPTIONS = {
  corpus: { type: "string" },
  json: { type: "boolean", default: false },
  suite: { type: "string" },
  sample: { type: "string" },
  seed: { type: "string", default: "1" },
  parallel: { type: "string", default: "8" },
} as const;

/** A whole number of an option. */
export const numberOf = (name: string, text: string, least: number, most: number): number => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > most)
    throw new UsageError(
      `--${name} ${text} is no number from ${String(least)} to ${String(most)}.`,
      `Give --${name} ${String(least)} or more.`,
    );
  return number;
};

/** The text of a corpus file of this kind, without the mark that some editors put before it. */
export const readCorpusFile = (path: string | undefined, kind: keyof typeof FORMATS): string => {
  const next = FORMATS[kind];
  if (path === undefined) throw new UsageError("No corpus is named, so there is nothing to play.", next);
  if (!existsSync(path)) throw new UsageError(`The corpus ${path} cannot be read: there is no such file.`, next);
  if (!statSync(path).isFile()) throw new UsageError(`The corpus ${path} cannot be read: it is no file.`, next);
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    throw new UsageError(`The corpus ${path} cannot be read (${code}).`, next);
  }
};

/** A corpus that is none: which file, what is wrong with it, and what such a file looks like. */
export const notPlayed = (
  path: string | undefined,
  kind: keyof typeof FORMATS,
  { code, message, next }: MoltbotError,
): UsageError =>
  code === "USAGE"
    ? new UsageError(`${path ?? "The corpus"}: ${message}`, FORMATS[kind])
    : new UsageError(message, next);

/** Speaks to the gateway of a drill as every client does: over HTTP, through its local socket. */
export const connect = ({ socket }: DrillPlace): DrillDoor =>
  createClient({ transport: nodeTransport({ socketPath: socket }) });

const colours = process.stderr.isTTY && process.env["NO_COLOR"] === undefined;

/** Draws how far a run is; on a terminal in place, otherwise a line now and then. */
export const showProgress = (what: string): ((done: number, all: number) => void) => {
  let shown = 0;
  return (done, all) => {
    if (process.stderr.isTTY) {
      const text = `${what} ${String(done)}/${String(all)}`;
      process.stderr.write(`\r${colours ? `\u001b[2m${text}\u001b[0m` : text}${done === all ? "\n" : ""}`);
    } else if (done === all || done - shown >= Math.max(50, all / 10)) {
      shown = done;
      process.stderr.write(`${what} ${String(done)}/${String(all)}\n`);
    }
  };
};

/** Rows in columns of one width; numbers stand on the right. */
export const table = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          /^[\d.–-]+( ?%)?$/.test(cell) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
};
