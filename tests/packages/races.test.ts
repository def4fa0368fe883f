import { AgentId, PluginChoices, PluginName, ToolName } from "@moltbot/contracts";
import type { Result, Store } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aPluginManifest, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage, TestSigner } from "../support/packages.ts";
import { createAgent } from "../../packages/gateway/src/create-agent.ts";
import { manifest } from "../../packages/gateway/src/operations/testing/fake-house.ts";
import { must, openRealHouse } from "../../packages/gateway/src/operations/testing/real-house.ts";
import { createPackageDesk } from "../../packages/gateway/src/packages/package-desk.ts";
import { setAgentTools } from "../../packages/gateway/src/set-agent-tools.ts";

type Json = Readonly<Record<string, unknown>>;

const NAME = PluginName.parse("weather");
const FORECAST = ToolName.parse("weather.forecast");
const TOOL = {
  name: "forecast",
  title: "Forecast",
  description: "The weather of a place.",
  input: { type: "object", properties: {} },
};
const codeOf = <T>(result: Result<T>): string => (result.ok ? "ok" : result.error.code);

let house: Awaited<ReturnType<typeof openRealHouse>>;
let ann: TestSigner;
beforeEach(async () => {
  house = await openRealHouse({ catalog: [manifest("file.read", "read")] });
  ann = testSigner();
  must(await desk().trust(house.owner, { key: ann.key, name: "Ann", own: false }));
});
afterEach(() => house.close());

const desk = () => house.ports.packages;
const plugin = (change: Json = {}): TestPackage =>
  signedPackage({
    kind: "plugin",
    manifest: aPluginManifest({ tools: [TOOL], ...change }),
    files: { "main.js": "export {}" },
    key: ann,
  });
const install = async (given = plugin()): Promise<void> =>
  void must(
    await desk().install(house.owner, {
      archive: given.archive,
      digest: given.digest,
      agents: [],
      choices: PluginChoices.parse({}),
      anyway: false,
    }),
  );
const standing = async () => (await house.capabilities()).filter(({ revokedAt }) => revokedAt === null);

/** A store where something happens between a look and the transaction that follows it. */
const after = (happens: () => Promise<unknown>): Store => {
  const { store } = house.house;
  let isDone = false;
  return {
    ...store,
    atomically: async (work) => {
      if (!isDone) {
        isDone = true;
        await happens();
      }
      return store.atomically(work);
    },
  };
};

describe("a plugin that is removed between a look and what follows it", () => {
  const removal = () => after(async () => must(await desk().remove(house.owner, { name: NAME })));
  /** Nothing of it is there for another one of its name to find. */
  const isGone = async (id = house.agent.id): Promise<void> => {
    const found = await house.house.store.agents.find(house.scope, id);
    expect(found.ok ? found.value.capabilities : []).not.toContain(FORECAST);
    expect((await standing()).filter(({ tool }) => tool === FORECAST)).toEqual([]);
  };
  beforeEach(() => install());

  it("stays in no agent's list", async () => {
    const racing = { ...house.house, store: removal() };
    expect(codeOf(await setAgentTools(racing, house.owner, house.agent.id, [FORECAST]))).toBe("TOOL_UNKNOWN");
    await isGone();
  });

  it("stays in the list of no agent that is being made", async () => {
    const id = house.house.ids.next(AgentId);
    const racing = { ...house.house, store: removal() };
    const made = await createAgent(racing, house.owner, {
      id,
      name: "B",
      model: "default",
      tools: [FORECAST],
      reading: "auto",
    });
    expect(codeOf(made)).toBe("TOOL_UNKNOWN");
    await isGone(id);
  });
});

describe("a plugin that was stopped", () => {
  it("is there for nobody while an update takes its place", async () => {
    await install();
    must(await desk().change(house.owner, { name: NAME, enabled: false, refuse: false }));
    const { hash, signatures } = house.packageParts;
    const seen: boolean[] = [];
    const store = after(async () => void seen.push(house.plugins.loaded.has(NAME)));
    const racing = createPackageDesk({
      house: { ...house.house, store },
      host: house.plugins.host,
      hash,
      signatures,
      shelf: house.shelf,
    });
    const { archive } = plugin({ version: "1.1.0" });
    expect(must(await racing.update(house.owner, { name: NAME, archive })).version).toBe("1.1.0");
    expect(seen).toEqual([false]);
    expect(house.plugins.loaded.has(NAME)).toBe(false);
  });
});

describe("grants that people gave to tools of a plugin", () => {
  const API = "api.test:443";
  const http = (methods: readonly string[]) => ({ kind: "http", hosts: [API], methods, why: "To ask." });
  const tools = (...names: readonly string[]) => ({ kind: "tools", names, why: "To ask." });
  const secret = (name: string) => ({ kind: "secret", name, host: API, why: "To sign in." });
  const grant = async (): Promise<void> =>
    void must(
      await house.guard.grant(house.owner, {
        holder: house.agent.id,
        tool: FORECAST,
        constraints: [],
        release: [],
        rights: ["use"],
        expires: "never",
        reason: "mine",
      }),
    );
  const givenByHand = async () => (await standing()).filter(({ reason }) => reason === "mine");
  const take = async (change: Json): Promise<void> => {
    const given = plugin({ version: "1.1.0", ...change });
    must(await desk().update(house.owner, { name: NAME, archive: given.archive }));
    const info = must(await desk().plugins(house.owner))[0];
    if (info?.waiting !== null) must(await desk().accept(house.owner, { name: NAME, digest: given.digest }));
  };

  it.each([
    ["sends by other methods", [http(["POST"])], [http(["POST", "DELETE"])]],
    ["takes another secret along", [http(["POST"]), secret("a")], [http(["POST"]), secret("b")]],
    ["calls another tool of the house", [tools("file.read")], [tools("file.read", "file.write")]],
  ])("end where it %s", async (_, before, permissions) => {
    await install(plugin({ permissions: before }));
    await grant();
    await take({ permissions });
    expect(await givenByHand()).toEqual([]);
  });

  it("end where its owner chooses another secret for it", async () => {
    await install(plugin({ permissions: [http(["POST"]), secret("a")] }));
    await grant();
    must(await desk().change(house.owner, { name: NAME, secrets: { a: "other" }, refuse: false }));
    expect(await givenByHand()).toEqual([]);
  });

  it("stay where only its program or the order of its words changed", async () => {
    await install(plugin({ permissions: [http(["POST", "GET"]), tools("calc.add", "file.read")] }));
    await grant();
    await take({ permissions: [tools("file.read", "calc.add"), http(["GET", "POST"])] });
    expect(await givenByHand()).toHaveLength(1);
  });
});
