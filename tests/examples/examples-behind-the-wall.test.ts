/** The examples, and what `plugin new` writes, in the isolate that plugins run in, behind the wall of a whole gateway. */
import type { PluginManifest } from "@moltbot/plugin-sdk";
import { templateFiles } from "@moltbot/plugin-sdk/template";
import { unexpected } from "@moltbot/plugin-sdk/testing";
import type { PluginCases } from "@moltbot/plugin-sdk/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { noWallHere } from "../support/program-house.ts";
import { EXAMPLES, readExample } from "./example-plugins.ts";
import { tryInHouse } from "./try-in-house.ts";

const missing = noWallHere();
if (missing !== null) process.stderr.write(`the examples are not run behind the wall: ${missing}\n`);

const files = new Map(templateFiles("greeter").map(({ path, text }) => [path, text]));
const parsed = (path: string): unknown => JSON.parse(files.get(path) ?? "");
const template = {
  manifest: parsed("plugin.json") as PluginManifest, // ours
  source: files.get("main.js") ?? "",
  cases: (parsed("plugin.test.json") as PluginCases).cases, // ours
};

describe.skipIf(missing !== null)("behind the wall", () => {
  let house: FittedGateway;
  beforeAll(async () => {
    house = await startFittedGateway({ models: scriptedModels(() => ({ text: "well" })) });
  });
  afterAll(() => house.close());

  describe.each([...EXAMPLES.map((name) => ({ name, ...readExample(name) })), { name: "template", ...template }])(
    "$name",
    (plugin) => {
      it.each(plugin.cases)("$name", async (one) => {
        const report = await tryInHouse(house, plugin, one);
        expect(unexpected(one.expect ?? {}, report)).toEqual([]);
      });
    },
  );
});
