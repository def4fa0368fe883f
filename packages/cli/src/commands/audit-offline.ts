import { createReadStream } from "node:fs";
import type { AuditHead, AuditProof, AuditReport } from "@moltbot/contracts";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { readText, usage } from "../usage.ts";

const MEGABYTE = 1024 * 1024;
const TOLD_EVERY = 100_000;

/** Shows on a terminal how far a long work is; nothing where the output is read by a program. */
export const progressOn = (context: CommandContext): { tell(text: string): void; clear(): void } => {
  const isShown = process.stderr.isTTY && !context.output.json;
  return {
    tell: (text) => void (isShown && process.stderr.write(`\r\u001b[2K${color.dim(text)}`)),
    clear: () => void (isShown && process.stderr.write("\r\u001b[2K")),
  };
};

/** JSON text, or the file that holds it, as the shape asked for. */
const readJson = async <T>(given: string, schema: { parse(value: unknown): T }, says: string): Promise<T> => {
  const text = given.trimStart().startsWith("{") ? given : await readText(given);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw usage(says);
  }
};

/** A head that was kept elsewhere. */
export const readHead = async (head: string): Promise<AuditHead> => {
  const { AuditHead: schema } = await import("@moltbot/contracts");
  return readJson(
    head,
    schema,
    "The head is not one: give the JSON that `audit head --json` prints, or a file with it.",
  );
};

/** A proof that was kept. */
export const readProof = async (proof: string): Promise<AuditProof> => {
  const { AuditProof: schema } = await import("@moltbot/contracts");
  return readJson(proof, schema, "The proof is not one: give a file that `audit proof --out FILE` wrote.");
};

/** What reads an export piece by piece; the door to it is opened by the command. */
interface Verifier {
  push(bytes: Uint8Array): void;
  records(): number;
  finish(): AuditReport;
}

/** Puts a file before a verifier, in constant memory. */
export const readExport = async (context: CommandContext, file: string, verifier: Verifier): Promise<AuditReport> => {
  const progress = progressOn(context);
  let told = 0;
  try {
    for await (const piece of createReadStream(file, { highWaterMark: MEGABYTE })) {
      verifier.push(piece as Uint8Array); // a stream without an encoding gives bytes
      if (verifier.records() < told + TOLD_EVERY) continue;
      told = verifier.records();
      progress.tell(`${String(told)} records read`);
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause) throw usage(`The file ${file} cannot be read.`);
    throw cause;
  } finally {
    progress.clear();
  }
  return verifier.finish();
};
