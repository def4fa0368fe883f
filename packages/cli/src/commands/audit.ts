import { writeFile } from "node:fs/promises";
import type { AuditHead, AuditProof, AuditRecord, AuditReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { countIn, textOption, usage } from "../usage.ts";
import { progressOn, readExport, readHead, readProof } from "./audit-offline.ts";
import { readTime } from "./read-time.ts";

/** The time of an option, if it was given. */
const timeOf = (option: string, given: unknown): string | undefined => {
  const text = textOption(given);
  return text === undefined ? undefined : readTime(option, text);
};

const given = <T extends Readonly<Record<string, unknown>>>(wish: T): Partial<T> =>
  // Only the names that stand for nothing are left out.
  Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as Partial<T>;

/** The number of an option that must be one. */
const numberOf = (option: string, given: unknown): number | undefined => {
  const text = textOption(given);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw usage(`--${option} takes a whole number.`);
  return Number(text);
};

const NOUN_COLORS: Readonly<Record<string, (text: string) => string>> = {
  audit: color.red,
  log: color.yellow,
  system: color.yellow,
  approval: color.cyan,
  capability: color.cyan,
};

const what = ({ fields }: AuditRecord): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");

/** Rows with their events coloured; the colour comes after the columns are measured. */
const recordsText = (records: readonly AuditRecord[], nothing: string): string => {
  const rows = records.map((record) => [
    String(record.sequence),
    when(record.at),
    record.event,
    record.actor,
    what(record),
  ]);
  const [headings = "", ...lines] = table(["#", "when", "event", "who", "what"], rows, nothing).split("\n");
  const colored = lines.map((line, at) => {
    const event = printableLine(records[at]?.event ?? "");
    const paint = NOUN_COLORS[event.slice(0, event.indexOf(":"))];
    return paint === undefined ? line : line.replace(event, () => paint(event));
  });
  return [headings, ...colored].join("\n");
};

const reportText = (report: AuditReport): string =>
  report.ok
    ? `${color.green("✓")} ${String(report.records)} records verify\n${color.dim(`root ${report.root}`)}`
    : [
        `${color.red("✗")} the log does not verify`,
        ...report.faults.map(
          ({ record, code, problem }) =>
            `  ${record === null ? "log" : `record ${String(record)}`}: ${printableLine(problem)} ${color.dim(`[${code}]`)}`,
        ),
      ].join("\n");

/** Checks an export with nothing but the file and a head that was kept elsewhere; no gateway is asked. */
const verifyFile = async (context: CommandContext, file: string, head: string | undefined): Promise<AuditReport> => {
  const { createExportVerifier } = await import("@moltbot/storage/audit");
  return readExport(context, file, createExportVerifier(head === undefined ? null : await readHead(head)));
};

const show = (context: CommandContext, report: AuditReport): void => {
  context.output.data(report, () => reportText(report));
  if (!report.ok) throw new CommandExit(1);
};

const numeric = (count: number | undefined): string | undefined => (count === undefined ? undefined : String(count));

const proofSays = (proof: AuditProof): string =>
  proof.kind === "inclusion"
    ? `record ${String(proof.record)} stands in the log of ${String(proof.head.size)} records`
    : `the log of ${String(proof.size)} records is the beginning of the one of ${String(proof.head.size)}`;

/** Checks a proof here, and shows what it shows. */
const showProof = async (context: CommandContext, proof: AuditProof, head: AuditHead | undefined): Promise<void> => {
  const { verifyProof } = await import("@moltbot/storage/audit");
  const problem = verifyProof(proof, { head });
  context.output.data({ ok: problem === null, problem, proof }, () =>
    problem === null
      ? [
          `${color.green("✓")} ${proofSays(proof)}`,
          facts([
            ["hashes", String(proof.path.length)],
            ["root", proof.head.root],
            ["signed at", proof.head.at],
            ["key", proof.head.publicKey],
          ]),
        ].join("\n")
      : `${color.red("✗")} the proof does not hold: ${problem}`,
  );
  if (problem !== null) throw new CommandExit(1);
};

/** What is wrong with a certificate of an erasure, or null; checked offline with the log's public key, trusting no gateway. */
export const certificateFault = async (certificate: unknown, publicKey: string | null): Promise<string | null> => {
  const { verifyCertificate } = await import("@moltbot/storage/audit");
  return verifyCertificate(certificate, publicKey);
};

/** `audit list | verify | proof | export | head` */
export const auditCommands = (program: Command, run: Runner): void => {
  const audit = program.command("audit").description("the record of everything that was decided and done");
  audit
    .command("list", { isDefault: true })
    .description("the newest records; with words to search for, those that fit all of them")
    .option("--limit <n>", "how many", "20")
    .option("--before <n>", "only records before this number: the next page")
    .option("--since <when>", "not older than: 24h, 7d, or a date")
    .option("--until <when>", "not newer than: 24h, 7d, or a date")
    .option("--event <event>", "such as tool:intended, or tool for all of that kind")
    .option("--agent <id>", "what an agent did, or what concerns it")
    .option("--tool <name>", "what concerns a tool")
    .option("--person <id>", "what a person did, or what concerns them")
    .option("--decision <id>", "a decision: of a call, an approval, a grant, a plan or a stop")
    .option("--trace <id>", "what belongs together: a turn, a conversation, or anything else that has an id")
    .action(
      run(async (context, options) => {
        const query = given({
          before: numeric(numberOf("before", options["before"])),
          from: timeOf("since", options["since"]),
          to: timeOf("until", options["until"]),
          event: textOption(options["event"]),
          agent: textOption(options["agent"]),
          tool: textOption(options["tool"]),
          person: textOption(options["person"]),
          decision: textOption(options["decision"]),
          trace: textOption(options["trace"]),
        });
        const records = await context.call("audit.list", {
          limit: String(countIn("limit", options["limit"])),
          ...query,
        });
        const isSearch = Object.keys(query).length > 0;
        context.output.data(records, () =>
          recordsText(records, isSearch ? "No record fits." : "Nothing was recorded yet."),
        );
      }),
    );
  audit
    .command("verify")
    .description("check the whole log; with --export or --proof, a copy or a proof of it, offline")
    .option("--export <file>", "an export to check, without the gateway")
    .option("--proof <file>", "a proof to check, without the gateway")
    .option("--head <head>", "a head that was kept elsewhere: a file, or its JSON")
    .action(
      run(async (context, options) => {
        const [file, proof, head] = [options["export"], options["proof"], options["head"]].map(textOption);
        if (file !== undefined && proof !== undefined) throw usage("Give either --export or --proof.");
        if (file !== undefined) return show(context, await verifyFile(context, file, head));
        if (proof !== undefined) {
          return showProof(context, await readProof(proof), head === undefined ? undefined : await readHead(head));
        }
        if (head !== undefined) throw usage("--head goes with --export or --proof.");
        const progress = progressOn(context);
        progress.tell("reading the whole log …");
        const report = await context.call("audit.verify", {}).finally(() => progress.clear());
        return show(context, report);
      }),
    );
  audit
    .command("proof")
    .description("prove that a record stands in the log, or that the log still begins as it did; checked here")
    .option("--record <n>", "the number of a record")
    .option("--size <n>", "a size that the log once had")
    .option("--head <head>", "a head that was kept elsewhere: a file, or its JSON")
    .option("--out <file>", "write the proof to a file")
    .action(
      run(async (context, options) => {
        const record = numberOf("record", options["record"]);
        const text = textOption(options["head"]);
        const head = text === undefined ? undefined : await readHead(text);
        const size = numberOf("size", options["size"]) ?? (record === undefined ? head?.size : undefined);
        if ((record === undefined) === (size === undefined)) throw usage("Give --record, --size or --head.");
        if (head !== undefined && size !== undefined && size !== head.size)
          throw usage(`The head is of ${String(head.size)} records, not of ${String(size)}.`);
        const proof = await context.call("audit.proof", given({ record: numeric(record), size: numeric(size) }));
        const out = textOption(options["out"]);
        if (out !== undefined) await writeFile(out, `${JSON.stringify(proof)}\n`, { mode: 0o600 });
        return showProof(context, proof, head);
      }),
    );
  audit
    .command("export")
    .description("write the log to a file, with a signed head")
    .requiredOption("--out <file>", "where to")
    .action(
      run(async (context, { out }) => {
        const progress = progressOn(context);
        progress.tell("reading the log …");
        const exported = await context.call("audit.export", {}).finally(() => progress.clear());
        await writeFile(String(out), exported.jsonl, { mode: 0o600 });
        context.output.data(
          { file: out, head: exported.head },
          () =>
            `${color.green("✓")} ${String(exported.head.size)} records in ${String(out)}\n${color.dim("Keep the head elsewhere: ./moltbot audit head --json")}`,
        );
      }),
    );
  audit
    .command("head")
    .description("sign and show the current head; keep it elsewhere")
    .option("--out <file>", "write it to a file")
    .action(
      run(async (context, { out }) => {
        const head = await context.call("audit.head", {});
        if (typeof out === "string") await writeFile(out, `${JSON.stringify(head)}\n`, { mode: 0o600 });
        context.output.data(head, () =>
          [
            `${String(head.size)} records, root ${head.root}`,
            color.dim(`signed ${head.at} by ${head.publicKey}`),
            color.dim("Keep it elsewhere: ./moltbot audit verify --export FILE --head HEAD compares with it."),
          ].join("\n"),
        );
      }),
    );
};
