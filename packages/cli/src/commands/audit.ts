import { writeFile } from "node:fs/promises";
import type { AuditHead, AuditReport } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, table, when } from "../output.ts";
import { readText, usage } from "../usage.ts";

/** A head as JSON text, or the file that holds it. */
const readHead = async (head: string): Promise<AuditHead> => {
  const { AuditHead: schema } = await import("@moltbot/contracts");
  const text = head.trimStart().startsWith("{") ? head : await readText(head);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw usage("The head is not one: give the JSON that `audit head --json` prints, or a file with it.");
  }
};

/** Checks an export with nothing but the file and a head that was kept elsewhere; no gateway is asked. */
const verifyFile = async (file: string, head: string | undefined): Promise<AuditReport> => {
  const { verifyExport } = await import("@moltbot/storage/audit");
  return verifyExport(await readText(file), head === undefined ? null : await readHead(head));
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

const show = (context: CommandContext, report: AuditReport): void => {
  context.output.data(report, () => reportText(report));
  if (!report.ok) throw new CommandExit(1);
};

/** `audit list | verify | export | head` */
export const auditCommands = (program: Command, run: Runner): void => {
  const audit = program.command("audit").description("the record of everything that was decided and done");
  audit
    .command("list", { isDefault: true })
    .description("the newest records")
    .option("--limit <n>", "how many", "20")
    .action(
      run(async (context, { limit }) => {
        const records = await context.call("audit.list", { limit: String(limit) });
        context.output.data(records, () =>
          table(
            ["#", "when", "event", "what"],
            records.map(({ sequence, at, event, fields }) => [
              String(sequence),
              when(at),
              event,
              Object.entries(fields)
                .map(([name, value]) => `${name}=${String(value)}`)
                .join(" "),
            ]),
            "Nothing was recorded yet.",
          ),
        );
      }),
    );
  audit
    .command("verify")
    .description("check the whole log; with --export, a copy of it, offline")
    .option("--export <file>", "an export to check, without the gateway")
    .option("--head <head>", "a head that was kept elsewhere: a file, or its JSON")
    .action(
      run(async (context, { export: file, head }) => {
        if (typeof file === "string")
          return show(context, await verifyFile(file, typeof head === "string" ? head : undefined));
        if (typeof head === "string") throw usage("--head goes with --export.");
        return show(context, await context.call("audit.verify", {}));
      }),
    );
  audit
    .command("export")
    .description("write the log to a file, with a signed head")
    .requiredOption("--out <file>", "where to")
    .action(
      run(async (context, { out }) => {
        const exported = await context.call("audit.export", {});
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
        context.output.data(head, () => `${String(head.size)} records, root ${head.root}`);
      }),
    );
};
