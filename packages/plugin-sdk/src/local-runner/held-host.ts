import type { Host, SecretHandle } from "../host.ts";
import type { Json, JsonObject } from "../json.ts";
import type { PluginManifest } from "../manifest.ts";
import { heldBox } from "./held-box.ts";
import { answerTo } from "./held-http.ts";
import type { PreparedAnswer } from "./held-http.ts";
import { passed } from "./plain-json.ts";
import { CallEnded, Refusal, mayNot, pastLimit } from "./refusal.ts";

/** One thing that a plugin asked of the house. */
export interface Asked {
  /** Such as `http.fetch`. */
  readonly method: string;
  /** What it was about, such as `GET https://api.example.com/`. */
  readonly says: string;
  /** The code of the refusal; null: it was answered. */
  readonly refused: string | null;
}

/** What stands on the other side of a call. */
export interface Surroundings {
  readonly manifest: PluginManifest;
  readonly answers: readonly PreparedAnswer[];
  readonly kept: Map<string, Json>;
  readonly secrets: readonly string[];
  readonly hosts: readonly string[];
  readonly tools: Readonly<Record<string, (args: JsonObject) => string>>;
  /** A text that it never gave before. */
  readonly newHandle: () => string;
}

/** What was asked and written during one call; the host adds to it. */
export interface Notes {
  readonly asked: Asked[];
  readonly logged: string[];
  /** Ends the call, whatever the plugin does with what is thrown at it. */
  end(why: CallEnded): void;
}

/** `call`: with all that the manifest asks for. `event`: with the box and the log alone. */
export type Occasion = "call" | "event";

/** A host that holds a plugin to its manifest, with the codes that the house refuses with. It is no sandbox. */
export const heldHost = (around: Surroundings, record: Notes, occasion: Occasion): Host => {
  const { manifest } = around;
  const { permissions = [] } = manifest;
  const { asksPerCall = 20, outputBytes = 32_768 } = manifest.limits ?? {};
  const handles = new Map<unknown, { readonly name: string; readonly host: string }>();

  const endCall = (limit: string): CallEnded => {
    const why = new CallEnded("PLUGIN_LIMIT", limit);
    record.end(why);
    return why;
  };
  let waiting = 0;
  /** Each answer comes a moment later, as it does in the house: asks that were made together wait together. */
  const fewAtOnce = async <T>(answer: () => T): Promise<T> => {
    if (waiting >= MOST_AT_ONCE) throw pastLimit(`${String(MOST_AT_ONCE)} requests at once`);
    waiting += 1;
    try {
      await Promise.resolve();
      return answer();
    } finally {
      waiting -= 1;
    }
  };
  const ask = async <T>(method: string, params: unknown, says: string, answer: () => T | Promise<T>): Promise<T> => {
    if (record.asked.length >= asksPerCall) throw endCall(`${String(asksPerCall)} asks in one call`);
    if (passed(params).bytes > outputBytes) throw endCall(`${String(outputBytes)} bytes in one ask`);
    try {
      if (occasion === "event" && !method.startsWith("storage.")) throw mayNot(`${method} while it hears an event`);
      const answered = await answer();
      record.asked.push({ method, says, refused: null });
      return answered;
    } catch (thrown) {
      record.asked.push({ method, says, refused: thrown instanceof Refusal ? thrown.code : "PLUGIN_FAILED" });
      throw thrown;
    }
  };
  const box = (): Host["storage"] => {
    const storage = permissions.find((one) => one.kind === "storage");
    if (storage === undefined) throw mayNot("storage");
    return heldBox(around.kept, storage.bytes);
  };
  const checkSecret = (handle: SecretHandle, at: string): void => {
    const secret = handles.get(handle);
    if (secret === undefined) throw mayNot("use a secret without a handle of this call");
    if (secret.host !== at) throw mayNot(`use that secret at ${at}`);
    if (!around.secrets.includes(secret.name))
      throw new Refusal("SECRET_NOT_FOUND", `There is no secret called ${secret.name}.`);
  };

  return Object.freeze({
    http: Object.freeze<Host["http"]>({
      fetch: (request) =>
        ask("http.fetch", request, [request.method ?? "", request.url].join(" ").trim(), () =>
          fewAtOnce(() => answerTo(manifest, around.hosts, around.answers, request, checkSecret)),
        ),
    }),
    storage: Object.freeze<Host["storage"]>({
      get: (key) => ask("storage.get", key, key, () => box().get(key)),
      set: (key, value) => ask("storage.set", [key, value], key, () => box().set(key, value)),
      delete: (key) => ask("storage.delete", key, key, () => box().delete(key)),
      keys: (prefix) => ask("storage.keys", prefix, prefix ?? "", () => box().keys(prefix)),
    }),
    secrets: Object.freeze<Host["secrets"]>({
      handle: (name) =>
        ask("secrets.handle", name, name, () => {
          const secret = permissions.find((one) => one.kind === "secret" && one.name === name);
          if (secret?.kind !== "secret") throw mayNot(`the secret ${name}`);
          // A handle is opaque to whoever holds it: what it is made of is nobody's business.
          const handle = around.newHandle() as unknown as SecretHandle;
          handles.set(handle, secret);
          return handle;
        }),
    }),
    events: Object.freeze<Host["events"]>({
      emit: (name, data) =>
        ask("events.emit", [name, data], name, () => {
          const events = permissions.find((one) => one.kind === "events");
          if (events?.emits !== true) throw mayNot("events of its own");
          if (passed(data).bytes > 1_024) throw pastLimit("1024 bytes of an event");
        }),
    }),
    tools: Object.freeze<Host["tools"]>({
      call: (name, args) =>
        ask("tools.call", [name, args], name, () => {
          const tools = permissions.find((one) => one.kind === "tools");
          if (tools?.names.includes(name) !== true) throw mayNot(`the tool ${name}`);
          const tool = Object.hasOwn(around.tools, name) ? around.tools[name] : undefined;
          if (tool === undefined) throw mayNot(`call ${name}: nobody answers for it here`);
          return tool(asObject(args));
        }),
    }),
    log: (text: string) => {
      if (record.logged.length < MOST_LINES) record.logged.push(String(text).slice(0, 2_000));
    },
  });
};

const MOST_LINES = 100;
/** Of requests that wait for their answers. */
const MOST_AT_ONCE = 8;

const asObject = (args: unknown): JsonObject => {
  const { value } = passed(args);
  if (typeof value === "object" && value !== null && !isList(value)) return value;
  throw mayNot("call a tool with what is no object");
};

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
