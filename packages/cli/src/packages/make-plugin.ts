import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { OpenedPackage, PackageContent, SigningKey } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { sizeText } from "../commands/backup.ts";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { ownAuthorKey } from "./author-key.ts";
import type { AuthorKey } from "./author-key.ts";
import { packPlugin } from "./pack-plugin.ts";
import { MOST_BYTES, readOrdinary } from "./read-ordinary.ts";
import { archiveOf, digestOf, isGenuine, keyInGroups, openArchive, readArchive } from "./sign-package.ts";
import type { Archive } from "./sign-package.ts";
import { counted } from "./wrapped.ts";

type Options = Readonly<Record<string, unknown>>;

const FAILED = 1;

const codeOf = (cause: unknown): string => (cause instanceof Error && "code" in cause ? String(cause.code) : "unknown");

/** `plugin new NAME`: a folder with a plugin that works, its tests and what to read. */
export const newPlugin = async (context: CommandContext, { dir }: Options, given: string): Promise<void> => {
  const { PluginName } = await import("@moltbot/contracts");
  const name = PluginName.safeParse(given);
  if (!name.success)
    throw usage(
      `“${printableLine(given)}” is no plugin's name: one word of 2 to 32 small letters and digits, first a letter, such as weather.`,
    );
  const folder = resolve(textOption(dir) ?? name.data);
  const shown = printableLine(folder);
  try {
    await mkdir(dirname(folder), { recursive: true });
    await mkdir(folder);
  } catch (cause) {
    if (codeOf(cause) === "EEXIST")
      throw usage(`${shown} is there already, and nothing in it was changed: name another place with --dir.`);
    throw usage(`The folder ${shown} cannot be made (${codeOf(cause)}).`);
  }
  const { templateFiles } = await import("@moltbot/plugin-sdk/template");
  const files = templateFiles(name.data);
  for (const { path, text } of files) await writeFile(join(folder, path), text, { flag: "wx" });
  context.output.data({ name: name.data, folder, files: files.map(({ path }) => path) }, () =>
    [
      `${color.green("✓")} ${shown} has ${files.map(({ path }) => path).join(", ")}`,
      color.dim(
        `Next, with the gateway running (./moltbot start): ./moltbot plugin test ${shown}, then ./moltbot plugin install ${shown} --trust me`,
      ),
    ].join("\n"),
  );
};

/** Writes a package; a file that is there is replaced only by name or by a newer packing of the same. */
const writeArchive = async (file: string, archive: Archive): Promise<void> => {
  try {
    await writeFile(file, archive);
  } catch (cause) {
    throw usage(`The file ${printableLine(file)} cannot be written (${codeOf(cause)}).`);
  }
};

/** Whose signature a file bears, where it is a package; null otherwise. */
const signerIn = async (file: string): Promise<SigningKey | null> => {
  const archive = await readOrdinary(file, MOST_BYTES).catch(() => "other" as const);
  const { openPackage } = await import("@moltbot/contracts");
  const opened = typeof archive === "string" ? null : openPackage(archive);
  return opened?.ok === true ? (opened.value.signature?.key ?? null) : null;
};

/** Packs what a folder holds into a file and says what came of it. */
export const packInto = async (
  context: CommandContext,
  content: PackageContent,
  { out, sign, key }: Options,
): Promise<void> => {
  const signer = sign === true || key !== undefined ? await ownAuthorKey(textOption(key), context.output) : null;
  const archive = await archiveOf(content, signer);
  const { name, version } = content.manifest;
  const file = textOption(out) ?? `${name}-${version}.moltpackage`;
  const before = signer === null ? await signerIn(file) : null;
  if (before !== null)
    context.output.say(`What stood in ${printableLine(file)} was signed with ${before}; what stands there now is not.`);
  await writeArchive(file, archive);
  const digest = await digestOf(archive);
  const packed = {
    file,
    kind: content.kind,
    name,
    version,
    digest,
    bytes: archive.length,
    signer: signer?.key ?? null,
  };
  context.output.data(packed, () =>
    [
      `${color.green("✓")} ${printableLine(file)}  ${color.dim(`${sizeText(archive.length)}, ${counted(content.files.length, "file")}`)}`,
      `  digest ${digest}`,
      signer === null
        ? color.dim(`  Nobody signed it: ./moltbot plugin sign ${printableLine(file)}`)
        : `  signed by ${keyInGroups(signer.key)}`,
    ].join("\n"),
  );
};

/** `plugin pack DIR` */
export const packPluginFolder = async (context: CommandContext, options: Options, folder: string): Promise<void> =>
  packInto(context, await packPlugin(folder), options);

/**
 * What is signed in place of what was there. Threat: a stranger's skill that calls its words its signer's own would make them this
 * person's own by their signature; what they did not sign before, and do not call theirs now, is somebody else's.
 */
const contentToSign = async (opened: OpenedPackage, own: AuthorKey, isMine: boolean): Promise<PackageContent> => {
  const { content, signature } = opened;
  if (content.kind !== "skill" || content.manifest.origin !== "own" || isMine) return content;
  if (signature?.key === own.key && (await isGenuine(opened))) return content;
  return { ...content, manifest: { ...content.manifest, origin: "imported" } };
};

/** `plugin sign FILE`: puts this person's signature in place of the one that is there. */
export const signFile = async (context: CommandContext, { key, mine }: Options, file: string): Promise<void> => {
  const opened = await openArchive(await readArchive(file));
  const own = await ownAuthorKey(textOption(key), context.output);
  const content = await contentToSign(opened, own, mine === true);
  if (content !== opened.content)
    context.output.say(
      "It calls its words its signer's own. They are signed as somebody else's; --mine says they are yours.",
    );
  const before = opened.signature?.key;
  if (before !== undefined && before !== own.key)
    context.output.say(
      `It was signed with ${keyInGroups(before)}; whoever trusts that key does not trust yours by it.`,
    );
  const archive = await archiveOf(content, own);
  await writeArchive(file, archive);
  const digest = await digestOf(archive);
  context.output.data({ file, signer: own.key, digest }, () =>
    [
      `${color.green("✓")} ${printableLine(file)} is signed with ${own.key}`,
      `  in groups ${keyInGroups(own.key)}`,
      `  digest ${digest}`,
    ].join("\n"),
  );
};

/** `plugin verify FILE`: offline, trusting no gateway; ends with 1 unless the bytes are what that key signed. */
export const verifyFile = async (context: CommandContext, { signer }: Options, file: string): Promise<void> => {
  const archive = await readArchive(file);
  const opened = await openArchive(archive);
  const wanted = textOption(signer);
  const { SigningKey } = await import("@moltbot/contracts");
  if (wanted !== undefined && !SigningKey.safeParse(wanted).success)
    throw usage("--signer takes a public key: mk1_ and 43 signs.");
  const { signature, content } = opened;
  const { name, version } = content.manifest;
  if (signature === null) throw new CommandFailure(moltbotError("PACKAGE_UNSIGNED", { name }));
  if (!(await isGenuine(opened))) throw new CommandFailure(moltbotError("PACKAGE_ALTERED", { name }));
  const ok = wanted === undefined || wanted === signature.key;
  const verdict = { ok, kind: content.kind, name, version, signer: signature.key, digest: await digestOf(archive) };
  context.output.data(verdict, () =>
    [
      ok
        ? `${color.green("✓")} ${printableLine(`${name} ${version}`)} is what this key signed`
        : `${color.red("✗")} ${printableLine(`${name} ${version}`)} is signed with another key than the one you named`,
      `  ${signature.key}`,
      `  in groups ${keyInGroups(signature.key)}`,
      `  digest ${verdict.digest}`,
      ...(wanted === undefined
        ? [color.dim("  Whose key that is, this cannot tell: compare it with the one that its author shows.")]
        : []),
    ].join("\n"),
  );
  if (!ok) throw new CommandExit(FAILED);
};
