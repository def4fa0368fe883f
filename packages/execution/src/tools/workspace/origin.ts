import { joinAll, label, SOMEBODY, speakersOf } from "@moltbot/contracts";
import type { AccessScope, Label, ResolvedResource, Source } from "@moltbot/contracts";
import type { ToolPorts, ToolRun } from "../tool.ts";
import type { Located } from "./locate.ts";
import type { Present } from "./put-file.ts";

/** Who had a part in a file; undefined where any of it is the owner's, or unknown. */
export type Origin = readonly Source[] | undefined;

/** A page is of anybody who may write at its host: it has a part in what it was read for, and goes on with nothing. */
const isMaker = ({ kind, ref }: Source): boolean =>
  kind !== "tool" && !(kind === SOMEBODY.kind && ref === SOMEBODY.ref);

const MARK = Buffer.from("moltbot: what stands at a place\n");

/**
 * Whether a content has the form in which places are kept beside contents. No label is kept for such a file or found for it:
 * it would say who made another one.
 */
export const speaksOfPlaces = (content: Uint8Array): boolean => MARK.equals(content.subarray(0, MARK.byteLength));

/**
 * A content at its place. The content alone says nothing of who made a file: whoever moves or copies an owner's file, or writes the
 * same text elsewhere, would have a part in the owner's.
 */
const placeOf = ({ root, relative }: Located, content: Uint8Array, { undo }: Pick<ToolPorts, "undo">): Uint8Array =>
  Buffer.concat([MARK, Buffer.from(JSON.stringify([root, relative, undo.hash(content)]))]);

/**
 * Who had a part in what stands somewhere, where calls made all of it there with content from outside in view; undefined for the
 * owner's, for what nobody here wrote or somebody moved, and for what cannot be looked up.
 */
export const originAt = async (
  located: Located,
  { content }: Pick<Present, "content">,
  ports: Pick<ToolPorts, "fileLabels" | "undo">,
  scope: AccessScope,
): Promise<Origin> => {
  if (content.byteLength === 0) return undefined;
  const known = await ports.fileLabels.of(scope, placeOf(located, content, ports));
  if (!known.ok || known.value?.integrity !== "untrusted") return undefined;
  return speakersOf(known.value.sources).filter(isMaker);
};

/** The label of all that a call was made from, its values included. */
export const madeFrom = ({ label: chosen, values = {} }: ToolRun["call"]): Label =>
  joinAll([chosen, ...Object.values(values)]);

/**
 * A place with what is true of it where content from outside may have chosen it: what is taken away there, or comes there from
 * elsewhere, is in no argument.
 */
export const placeChosenBy = (call: ToolRun["call"], resource: ResolvedResource): ResolvedResource =>
  madeFrom(call).integrity === "authority" ? resource : { ...resource, outside: true };

/**
 * Keeps who made what a call left: those who made what stood there, and those that it was `made` from. What was the owner's stays
 * so, and becomes so where they alone changed it.
 */
export const keepOrigin = async (
  { scope, ports }: Pick<ToolRun, "scope" | "ports">,
  located: Located,
  left: Uint8Array,
  made: Label,
  present: Present | null,
): Promise<void> => {
  if (made.integrity === "authority" || left.byteLength === 0) return;
  const before = present === null ? [] : await originAt(located, present, ports, scope);
  if (before === undefined) return;
  const all = joinAll([made, label("untrusted", "public", before)]);
  // What is not kept is the owner's.
  await ports.fileLabels.keep(scope, placeOf(located, left, ports), all).catch(() => undefined);
};
