import { err, ok, permissionOf, SOMEBODY } from "@moltbot/contracts";
import type { MoltbotError, PluginBox, Result } from "@moltbot/contracts";
import { z } from "zod";
import { audienceName } from "../audience.ts";
import type { LiveCall } from "../live-call.ts";
import { bytesOf } from "../measure.ts";
import { mayNot, overLimit } from "../refusals.ts";
import { AnyJson } from "./any-json.ts";
import type { AskHandler, Asking } from "./ask-handler.ts";

const wellFormed = (text: string): boolean => text.isWellFormed();
const Key = z.string().min(1).max(200).refine(wellFormed);
const onlyKey = z.strictObject({ key: Key });
const keyAndValue = z.strictObject({ key: Key, value: AnyJson });
const onlyPrefix = z.strictObject({ prefix: z.string().max(200).refine(wellFormed).default("") });

interface Opened {
  readonly box: PluginBox;
  readonly bytes: number;
}

/**
 * The box of exactly this plugin, for these readers; whose it is says the call's scope. Threat: an update that gets the web would send
 * what was put there while nothing could leave, so with the web the box is another one.
 */
const open = ({ of: { plugin, audience } }: LiveCall): Result<Opened> => {
  const { manifest } = plugin;
  const storage = permissionOf(manifest, "storage");
  if (storage === null) return mayNot(manifest.name, "a box needs the permission storage");
  const readers = audienceName(audience);
  const hasWeb = permissionOf(manifest, "http") !== null;
  return ok({ box: { plugin: manifest.name, audience: hasWeb ? `${readers} web` : readers }, bytes: storage.bytes });
};

/** What lies in a box may be from long ago: of those who had a hand in it no name is left. */
const learnOfBox = ({ call }: Asking<unknown>): void => call.of.learn([SOMEBODY]);

export const storageGet: AskHandler<z.infer<typeof onlyKey>> = {
  params: onlyKey,
  answer: async (asking) => {
    const { ports, call, params } = asking;
    const opened = open(call);
    if (!opened.ok) return opened;
    learnOfBox(asking);
    return ports.box.get(call.scope, opened.value.box, params.key);
  },
};

const asLimit = (plugin: string, error: MoltbotError): Result<never> =>
  error.code === "BUDGET_EXHAUSTED" ? overLimit(plugin, "its box is full") : err(error);

export const storageSet: AskHandler<z.infer<typeof keyAndValue>> = {
  params: keyAndValue,
  answer: async ({ ports, call, params: { key, value } }) => {
    const opened = open(call);
    if (!opened.ok) return opened;
    const { name } = call.of.plugin.manifest;
    const { box, bytes } = opened.value;
    if (bytesOf(key) + bytesOf(JSON.stringify(value)) > bytes) return overLimit(name, "its box is full");
    const kept = await ports.box.set(call.scope, box, key, value, bytes);
    return kept.ok ? ok(null) : asLimit(name, kept.error);
  },
};

export const storageDelete: AskHandler<z.infer<typeof onlyKey>> = {
  params: onlyKey,
  answer: async ({ ports, call, params }) => {
    const opened = open(call);
    if (!opened.ok) return opened;
    const removed = await ports.box.remove(call.scope, opened.value.box, params.key);
    return removed.ok || removed.error.code === "NOT_FOUND" ? ok(null) : removed;
  },
};

export const storageKeys: AskHandler<z.infer<typeof onlyPrefix>> = {
  params: onlyPrefix,
  answer: async (asking) => {
    const { ports, call, params } = asking;
    const opened = open(call);
    if (!opened.ok) return opened;
    learnOfBox(asking);
    return ports.box.keys(call.scope, opened.value.box, params.prefix);
  },
};
