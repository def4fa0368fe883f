import { afterAll, describe, expect, it } from "vitest";
import { createSandbox } from "../sandbox/index.ts";
import { createModels } from "./index.ts";
import { MODELS_DIRECTORY, WORKER_PATH, ask, clock, request, sha256, silent } from "./testing/model-harness.ts";
import { startScriptedServer } from "./testing/scripted-openai-server.ts";

const provider = (baseUrl: string) => ({ baseUrl, model: "tiny", secret: null });
const server = await startScriptedServer(() => ({ text: "from the server" }));
const models = createModels({
  settings: {
    default: "local",
    providers: {
      local: provider(`${server.origin}/v1/`),
      demo: provider(`${server.origin}/v1`),
      broken: provider("ftp://example.com"),
    },
  },
  egress: { fetchFor: () => fetch },
  sandbox: createSandbox(),
  clock,
  log: silent,
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
