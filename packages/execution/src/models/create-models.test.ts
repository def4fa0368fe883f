import { afterAll, describe, expect, it } from "vitest";
import { createSandbox } from "../sandbox/index.ts";
import type { ModelDirectory } from "@moltbot/contracts";
import { anthropic } from "./anthropic/anthropic.ts";
import { createModels } from "./index.ts";
import type { ModelSettings } from "./index.ts";
import { thrownFault } from "./language-model/model-fault.ts";
import { PATIENCE } from "./language-model/pause-before.ts";
import type { Patience } from "./language-model/pause-before.ts";
import {
  MODELS_DIRECTORY,
  WORKER_PATH,
  ask,
  clock,
  keptLog,
  request,
  sha256,
  silent,
} from "./testing/model-harness.ts";
import { speaksOllama } from "./testing/speaks-chat-completions.ts";
import { startVendorServer } from "./testing/vendor-server.ts";
import { startScriptedServer } from "./testing/scripted-openai-server.ts";
import { createVendorModel } from "./vendor-model.ts";
import { NO_KEY, withoutKey } from "./vendor.ts";

const provider = (baseUrl: string) => ({ baseUrl, model: "tiny", secret: null });
const server = await startScriptedServer(() => ({ text: "from the server" }));
const models = createModels({
  settings: {
    default: "local",
    providers: {
      local: provider(`${server.origin}/v1/`),
      demo: provider(`${server.origin}/v1`),
      broken: provider("ftp://example.com"),
      homeless: { model: "tiny", secret: null },
    },
  },
  egress: { fetchFor: () => fetch },
  sandbox: createSandbox(),
  clock,
  log: silent,
  random: () => 0.5,
  nodePath: process.execPath,
  workerPath: WORKER_PATH,
  modelsDirectory: MODELS_DIRECTORY,
  hash: sha256,
});
afterAll(async () => {
  await models.close();
  await server.close();
});
const found = (name: string) => {
  const model = models.find(name);
  if (!model.ok) throw new Error(model.error.code);
  return model.value;
};

describe("the models that are set up", () => {
  it("are listed, the embedded one first", () => {
    expect(models.list().map(({ name, demonstration }) => [name, demonstration])).toEqual([
      ["demo", true],
      ["local", false],
    ]);
  });

  it("have one that `default` stands for", async () => {
    expect((await ask(found("default"), request("hello"))).text).toBe("from the server");
    expect(server.requests[0]?.path).toBe("/v1/chat/completions");
  });

  it("keep the name `demo` for the embedded one, whatever the settings say", async () => {
    expect((await ask(found("demo"), request("remind me in 10 minutes to stretch"))).calls[0]?.tool).toBe(
      "reminder.create",
    );
  });

  it("name what is wrong with the others", () => {
    for (const [name, code] of [
      ["nobody", "MODEL_UNKNOWN"],
      ["broken", "MODEL_UNAVAILABLE"],
      ["__proto__", "MODEL_UNKNOWN"],
    ] as const) {
      const model = models.find(name);
      expect(!model.ok && model.error.code).toBe(code);
    }
  });
});

describe("models to ask instead", () => {
  const withFallbacks = (
    fallbacks: readonly string[],
    providers: ModelSettings["providers"],
    patience: Patience | null = { retries: 0, firstSeconds: 0, longestSeconds: 0 },
  ) => {
    const log = keptLog();
    const directory = createModels({
      settings: { default: "first", fallbacks, providers },
      egress: { fetchFor: () => fetch },
      sandbox: createSandbox(),
      clock,
      log,
      random: () => 0.5,
      ...(patience === null ? {} : { patience }),
      nodePath: process.execPath,
      workerPath: WORKER_PATH,
      modelsDirectory: MODELS_DIRECTORY,
      hash: sha256,
    });
    return { log, directory };
  };
  const findIn = (directory: ModelDirectory, name: string) => {
    const model = directory.find(name);
    if (!model.ok) throw new Error(model.error.code);
    return model.value;
  };

  it("are asked in the order of the settings, for every model but themselves", async () => {
    const down = await startScriptedServer(() => ({ status: 503 }));
    const { directory } = withFallbacks(["second", "third"], {
      first: provider(`${down.origin}/v1`),
      second: provider(`${down.origin}/v1`),
      third: provider(`${server.origin}/v1`),
    });
    expect((await ask(findIn(directory, "default"), request("hello"))).text).toBe("from the server");
    expect(down.requests).toHaveLength(2);
    expect((await ask(findIn(directory, "third"), request("hello"))).text).toBe("from the server");
    expect(down.requests).toHaveLength(2);
    await down.close();
  });

  it("make a model less patient: whoever waits is better served by the next one", async () => {
    const acts = { does: "refuse", trouble: "rate", retryAfter: "3" } as const;
    const busy = await startVendorServer(speaksOllama(), acts);
    const { directory } = withFallbacks(
      ["second"],
      { first: provider(`${busy.origin}/v1`), second: provider(`${server.origin}/v1`) },
      null,
    );
    const began = performance.now();
    expect((await ask(findIn(directory, "first"), request("hello"))).text).toBe("from the server");
    expect(performance.now() - began).toBeLessThan(2_500); // not the three seconds that it asked for
    expect(busy.seen).toHaveLength(1);
    await busy.close();
  });

  it("leave alone the demonstration, and are never it: its answers are marked", async () => {
    const { directory, log } = withFallbacks(["demo", "first"], { first: provider(`${server.origin}/v1`) });
    expect(findIn(directory, "demo").describe().says).not.toContain("else");
    expect(findIn(directory, "first").describe().says).not.toContain("else");
    expect(log.lines).toEqual([expect.stringMatching(/^models\.fallbacks names.*"demo"/)]);
  });

  it("are named in the log when there is no such model", () => {
    const { directory, log } = withFallbacks(["nobody"], { first: provider(`${server.origin}/v1`) });
    expect(findIn(directory, "first").describe().says).not.toContain("else");
    expect(log.lines).toHaveLength(1);
  });

  it("turn a model of this machine into one that is not, for all to see", () => {
    const { directory } = withFallbacks(["away"], {
      first: provider("http://127.0.0.1:1/v1"),
      away: { kind: "anthropic", model: "claude", secret: "k" },
    });
    expect(directory.list().map(({ name, local }) => [name, local])).toEqual([
      ["demo", true],
      ["first", false],
      ["away", false],
    ]);
  });
});

describe("a vendor's model", () => {
  it.each([
    ["anthropic", "m at api.anthropic.com", false],
    ["openai", "m at api.openai.com", false],
    ["google", "m at generativelanguage.googleapis.com", false],
    ["openrouter", "m at openrouter.ai", false],
    ["ollama", "m at 127.0.0.1:11434", true],
  ] as const)("%s has an address of its own", (kind, says, local) => {
    const parts = { egress: { fetchFor: () => fetch }, clock, log: silent, random: () => 0, patience: PATIENCE };
    const model = createVendorModel({ ...parts, name: "it", provider: { kind, model: "m", secret: null } });
    expect(model.ok && model.value.describe()).toMatchObject({ name: "it", says, local });
  });

  it("needs an address when it is anybody's", () => {
    expect(models.find("homeless")).toMatchObject({ ok: false, error: { code: "MODEL_UNAVAILABLE" } });
  });

  it("is warned of in the log where its key would leave unencrypted", () => {
    const log = keptLog();
    const parts = { egress: { fetchFor: () => fetch }, clock, log, random: () => 0, patience: PATIENCE };
    for (const [baseUrl, secret] of [
      ["http://127.0.0.1:1/v1", "k"],
      ["https://models.example.com/v1", "k"],
      ["http://models.example.com/v1", null],
      ["http://models.example.com/v1", "k"],
    ] as const)
      createVendorModel({ ...parts, name: "it", provider: { baseUrl, model: "m", secret } });
    expect(log.lines).toEqual([expect.stringMatching(/unencrypted/)]);
  });

  it("unplug: a library's own error repeats the vendor's words and the whole prompt", async () => {
    const refusing: typeof fetch = async () =>
      new Response('{"type":"error","error":{"type":"x","message":"canary-4 your prompt was hello"}}', { status: 400 });
    const library = await anthropic.load({ name: "it", model: "m", baseUrl: "https://a.example/v1", fetch: refusing });
    const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "prompt-canary" }] }];
    const thrown: unknown = await Promise.resolve(library.doStream({ prompt })).catch((error: unknown) => error);
    expect(String(thrown)).toContain("canary-4");
    expect(JSON.stringify(thrown)).toContain("prompt-canary");
    expect(JSON.stringify(thrownFault("it", thrown, 0))).not.toContain("canary");
  });

  it("unplug: without taking it off, what the library puts into the key's header leaves", async () => {
    const asked: (string | null)[] = [];
    const noting: typeof fetch = async (_input, init) => {
      asked.push(new Headers(init?.headers).get("x-api-key"));
      return new Response("", { status: 500, statusText: "broken" });
    };
    const load = (way: typeof fetch) =>
      anthropic.load({ name: "it", model: "m", baseUrl: "https://a.example/v1", fetch: way });
    const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "hello" }] }];
    for (const way of [withoutKey(noting, "x-api-key"), noting]) {
      const library = await load(way);
      await expect(Promise.resolve(library.doStream({ prompt }))).rejects.toThrow("broken");
    }
    expect(asked).toEqual([null, NO_KEY]);
  });
});
