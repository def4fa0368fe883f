import { Buffer } from "node:buffer";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { printableLine, table, when } from "../output.ts";
import { textOption, usage } from "../usage.ts";

const add = async (
  context: CommandContext,
  conversationId: string,
  file: string,
  options: Readonly<Record<string, unknown>>,
): Promise<void> => {
  const content = await readFile(file).catch(() => {
    throw usage(`The file ${file} cannot be read.`);
  });
  const kept = await context.call("attachments.create", {
    conversationId,
    name: textOption(options["name"]) ?? basename(file),
    mediaType: textOption(options["type"]) ?? "application/octet-stream",
    content: content.toString("base64"),
  });
  context.output.data(
    kept,
    () => `${color.green("✓")} ${printableLine(kept.name)}, ${String(kept.bytes)} bytes ${color.dim(kept.id)}`,
  );
};

const list = async (context: CommandContext, conversationId: string): Promise<void> => {
  const all = await context.call("attachments.list", { conversationId });
  context.output.data(all, () =>
    table(
      ["id", "since", "bytes", "type", "name"],
      all.map(({ id, createdAt, bytes, mediaType, name }) => [id, when(createdAt), String(bytes), mediaType, name]),
      "No file is attached.",
    ),
  );
};

const get = async (context: CommandContext, attachmentId: string, out: string): Promise<void> => {
  const download = await context.call("attachments.get", { attachmentId });
  // The name came with the file: it names what it is, never where it goes.
  await writeFile(out, Buffer.from(download.content, "base64"), { mode: 0o600 });
  context.output.data(
    { file: out, name: download.name },
    () => `${color.green("✓")} ${printableLine(download.name)} in ${printableLine(out)}`,
  );
};

/** `attachments add | list | get | remove` */
export const attachmentCommands = (program: Command, run: Runner): void => {
  const attachments = program.command("attachments").description("files of conversations, kept encrypted");
  attachments
    .command("add <conversation> <file>")
    .description("keep a file with a conversation")
    .option("--name <name>", "what it is called there")
    .option("--type <media type>", "such as text/plain")
    .action(run((context, options, conversation, file) => add(context, conversation, file, options)));
  attachments
    .command("list <conversation>")
    .description("list the files of a conversation")
    .action(run((context, _options, conversation) => list(context, conversation)));
  attachments
    .command("get <id>")
    .description("write a file")
    .requiredOption("--out <file>", "where to")
    .action(run((context, { out }, id) => get(context, id, String(out))));
  attachments
    .command("remove <id>")
    .description("remove a file and destroy its key")
    .action(
      run(async (context, _options, attachmentId) => {
        await context.call("attachments.remove", { attachmentId });
        context.output.data({ id: attachmentId, removed: true }, () => `${color.green("✓")} removed`);
      }),
    );
};
