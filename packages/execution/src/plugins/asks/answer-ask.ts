import { isJsonObject } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Result } from "@moltbot/contracts";
import { isPlain } from "../measure.ts";
import { HOST_METHODS } from "../process-port.ts";
import type { HostMethod } from "../process-port.ts";
import { failed, mayNot, overLimit } from "../refusals.ts";
import type { AskHandler, Asking } from "./ask-handler.ts";
import { eventsEmit } from "./events-emit.ts";
import { httpFetch } from "./http-fetch.ts";
import { secretsHandle } from "./secrets-handle.ts";
import { storageDelete, storageGet, storageKeys, storageSet } from "./storage.ts";
import { toolsCall } from "./tools-call.ts";

/** The ask without what it asks. */
type Known = Omit<Asking<unknown>, "params">;
type Answer = (known: Known, params: JsonObject) => Promise<Result<JsonValue>>;

/** A handler behind its own strict schema. */
const strictly =
  <P>(handler: AskHandler<P>): Answer =>
  async (known, params) => {
    const parsed = handler.params.safeParse(params);
    if (!parsed.success) return mayNot(known.call.of.plugin.manifest.name, "what it asks does not fit the method");
    return handler.answer({ ...known, params: parsed.data });
  };

const ANSWERS: Readonly<Record<HostMethod, Answer>> = Object.freeze({
  "http.fetch": strictly(httpFetch),
  "storage.get": strictly(storageGet),
  "storage.set": strictly(storageSet),
  "storage.delete": strictly(storageDelete),
  "storage.keys": strictly(storageKeys),
  "secrets.handle": strictly(secretsHandle),
  "events.emit": strictly(eventsEmit),
  "tools.call": strictly(toolsCall),
});

const isMethod = (method: string): method is HostMethod => HOST_METHODS.some((known) => known === method);

/** Answers one ask of a call that runs; counted, whatever comes of it. Total: a fault of ours is a failure of the ask alone. */
export const answerAsk = async (
  known: Known,
  asked: { readonly method: string; readonly params: JsonObject },
): Promise<Result<JsonValue>> => {
  const { call } = known;
  const { name, limits } = call.of.plugin.manifest;
  call.used.asks += 1;
  if (call.used.asks > limits.asksPerCall)
    return overLimit(name, `${String(limits.asksPerCall)} asks of the house in one call`);
  if (!isMethod(asked.method)) return mayNot(name, "the house knows no such method");
  if (!isJsonObject(asked.params) || !isPlain(asked.params)) return mayNot(name, "what it asks is no plain object");
  try {
    return await ANSWERS[asked.method](known, asked.params);
  } catch {
    // The exception's own words may hold content.
    return failed(name, "the house could not answer what it asked");
  }
};
