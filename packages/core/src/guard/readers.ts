import { readableBy } from "@moltbot/contracts";
import type { Capability, Label, ResolvedResource, Source, ToolCall } from "@moltbot/contracts";

type Sending = Pick<ToolCall, "label">;

/** Where a call sends what it carries. */
const sinksOf = (resources: readonly ResolvedResource[]): readonly ResolvedResource[] =>
  resources.filter(({ kind }) => kind === "host" || kind === "recipient");

/** A host that names no readers may be read by anyone; of a recipient that names none, nothing may be assumed. */
const sinkMayRead = (sink: ResolvedResource, label: Label): boolean => {
  if (label.readers === "public") return true;
  const readers = sink.readers ?? (sink.kind === "host" ? "public" : null);
  return readers !== null && (readers === "public" || readers.length > 0) && readableBy(label.readers, readers);
};

/** Whether everybody at every sink may know all that was in view (invariant I4). A call that names no sink may tell anyone. */
export const everySinkMayRead = ({ label }: Sending, resources: readonly ResolvedResource[]): boolean => {
  const sinks = sinksOf(resources);
  return sinks.length === 0 ? label.readers === "public" : sinks.every((sink) => sinkMayRead(sink, label));
};

const keyOf = ({ kind, ref }: Source): string => `${kind} ${ref}`;

const releasesTo = (release: NonNullable<Capability["release"]>, to: string, { sources }: Label): boolean => {
  const allowed = release.filter((one) => one.to === to || one.to === "public");
  if (allowed.some(({ source }) => source === "any")) return true;
  const keys = new Set(allowed.flatMap(({ source }) => (source === "any" ? [] : [keyOf(source)])));
  // Data that names no source is of none that was released.
  return sources.length > 0 && sources.every((source) => keys.has(keyOf(source)));
};

/** Whether a capability lets all that was in view go to every sink of the call that may not read it anyway. */
export const releases = (
  capability: Pick<Capability, "release">,
  { label }: Sending,
  resources: readonly ResolvedResource[],
): boolean => {
  const { release } = capability;
  if (release === undefined) return false;
  const sinks = sinksOf(resources);
  return sinks.length > 0 && sinks.every((sink) => sinkMayRead(sink, label) || releasesTo(release, sink.value, label));
};
