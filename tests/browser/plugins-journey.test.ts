import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newPlace, PROJECT, startGatewayProcess } from "../support/gateway-process.ts";
import type { GatewayProcess, Place } from "../support/gateway-process.ts";
import { must } from "../support/must.ts";
import { asPackage, aSkillManifest, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage } from "../support/packages.ts";
import { launchBrowser, reasonToSkipBrowser, skipNote } from "./browser.ts";
import { accessibilityFaults } from "./page-checks.ts";
import { goTo, openWatchedPage } from "./watched-page.ts";

const signer = testSigner();
const example = (name: string): string => join(PROJECT, "examples", "plugins", name);
const manifestOf = (name: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(example(name), "plugin.json"), "utf8")) as Readonly<Record<string, unknown>>; // our own file
const WEATHER = manifestOf("weather");

const weather = (change: Readonly<Record<string, unknown>> = {}, key: typeof signer | null = signer): TestPackage =>
  signedPackage({
    kind: "plugin",
    manifest: { ...WEATHER, ...change },
    files: { "main.js": readFileSync(join(example("weather"), "main.js"), "utf8") },
    key,
  });
const WIDER = {
  version: "1.1.0",
  permissions: [
    {
      kind: "http",
      hosts: ["api.open-meteo.com:443", "geocoding-api.open-meteo.com:443", "collector.example:443"],
      methods: ["GET"],
      why: "To find the place, and to ask for its weather.",
    },
  ],
};
/** The same file with one letter of its content changed. */
const altered = ({ bytes }: TestPackage): TestPackage => {
  const text = new TextDecoder().decode(bytes);
  return asPackage(new TextEncoder().encode(text.replace("Says what the weather", "Sayz what the weather")));
};

describe.skipIf(reasonToSkipBrowser !== null)(
  `plugins and skills in a browser and a real gateway${skipNote}`,
  { timeout: 60_000 },
  () => {
    let place: Place;
    let gateway: GatewayProcess;
    let browser: Browser;
    let page: Page;
    let dialog: Locator;
    let conduct: readonly string[] = [];

    beforeAll(async () => {
      place = newPlace();
      gateway = await startGatewayProcess(place);
      browser = await launchBrowser();
      ({ page, conduct } = await openWatchedPage(browser, gateway.url));
      page.setDefaultTimeout(15_000);
      await page.goto(gateway.link);
      await page.locator(".welcome h2").waitFor();
      dialog = await goTo(page, "Plugins and skills");
    }, 90_000);
    afterAll(async () => {
      await browser?.close();
      await gateway?.kill("SIGTERM");
      place.remove();
    });

    const give = ({ bytes }: TestPackage): Promise<void> =>
      dialog.locator("input.choose-package").setInputFiles({
        name: "weather.moltpackage",
        mimeType: "application/octet-stream",
        buffer: Buffer.from(bytes),
      });
    const card = (): Locator => dialog.locator(".package-card");
    const entry = (): Locator => dialog.locator("#plugin-weather");
    const plugins = async () => must(await gateway.client.call("plugins.list", {}));

    it("says what plugins are while there is none, and refuses one that nobody signed or somebody changed", async () => {
      await dialog.getByText("None yet. A plugin is a small program", { exact: false }).waitFor();
      await give(weather({}, null));
      await card().getByText("weather is not signed, so nobody answers for it.").waitFor();
      expect(await card().getByRole("button", { name: "Install" }).count()).toBe(0);
      await give(altered(weather()));
      await card().getByText("weather is not what was signed: its bytes were changed since.").waitFor();
      expect(
        await card()
          .getByRole("button", { name: /^(Install|Trust)/ })
          .count(),
      ).toBe(0);
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await plugins()).toEqual([]);
    });

    it("installs the weather example once its key was trusted by name, and says what it may touch", async () => {
      await give(weather());
      await card().getByText("Do you know this key?").waitFor();
      const groups = await card().locator("trust-signer .signing-key span").allInnerTexts();
      expect(groups.join("")).toBe(signer.key);
      await card().getByRole("textbox", { name: "Whose key it is" }).fill("Harbour Tools");
      await card().getByRole("button", { name: "Trust this key" }).click();
      await card()
        .getByText("Sends web requests (GET) to api.open-meteo.com and geocoding-api.open-meteo.com.")
        .waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await plugins()).toEqual([]);
      await card().getByRole("button", { name: "Install" }).click();
      await dialog.getByText("Weather is installed.").waitFor();
      await entry().getByText("Sends web requests (GET) to api.open-meteo.com").waitFor();
      await entry().getByText("ready", { exact: true }).waitFor();
      expect(await plugins()).toMatchObject([
        {
          name: "weather",
          state: "ready",
          signer: { key: signer.key, name: "Harbour Tools" },
          agents: [expect.any(String)],
        },
      ]);
    });

    it("takes a plugin from the agent and gives it back, with the grants of an installation", async () => {
      const grants = async () =>
        must(await gateway.client.call("capabilities.list", {}))
          .filter(({ tool, revokedAt }) => tool === "weather.forecast" && revokedAt === null)
          .map(({ holder }) => holder);
      const [agent] = (await plugins()).flatMap(({ agents }) => agents);
      expect(await grants()).toEqual([agent]);
      const save = async (): Promise<void> => {
        await entry().getByRole("button", { name: "Save" }).click();
        await entry().getByRole("button", { name: "Save" }).waitFor({ state: "detached" });
      };
      await entry().getByRole("button", { name: "Which agents use Weather" }).click();
      await entry().getByRole("checkbox").first().uncheck();
      await save();
      await dialog.getByText("Weather is given to none of your agents.").waitFor();
      expect(await plugins()).toMatchObject([{ agents: [] }]);
      expect(await grants()).toEqual([]);
      await entry().getByRole("button", { name: "Which agents use Weather" }).click();
      await entry().getByRole("checkbox").first().check();
      await save();
      await entry().getByText("Used by none of your agents.", { exact: false }).waitFor({ state: "detached" });
      expect(await plugins()).toMatchObject([{ agents: [agent] }]);
      expect(await grants()).toEqual([agent]);
    });

    it("gives its key another name only when that is said twice, and says what it was", async () => {
      const signers = async () => must(await gateway.client.call("signers.list", {})).map(({ name }) => name);
      const rename = async (name: string): Promise<void> => {
        await dialog.getByRole("button", { name: "Trust a key" }).click();
        await dialog.getByRole("textbox", { name: "Their key" }).fill(signer.key);
        await dialog.getByRole("textbox", { name: "Whose key it is" }).fill(name);
        await dialog.getByRole("button", { name: "Trust this key" }).click();
        await dialog.getByText("This key is trusted already", { exact: false }).waitFor();
        await dialog.getByRole("button", { name: "Give it this name" }).click();
      };
      await rename("Harbour Works");
      await dialog.getByText("The key that was Harbour Tools until now is Harbour Works.").waitFor();
      expect(await signers()).toEqual(["Harbour Works"]);
      await rename("Harbour Tools");
      await dialog.getByText("The key that was Harbour Works until now is Harbour Tools.").waitFor();
      expect(await signers()).toEqual(["Harbour Tools"]);
    });

    it("keeps an update that may do more beside the installed one until it is accepted", async () => {
      await give(weather(WIDER));
      await card().getByText("collector.example", { exact: false }).first().waitFor();
      await card().getByRole("button", { name: "Put it beside the installed one" }).click();
      await entry().getByText("Version 1.1.0 waits for you.").waitFor();
      await entry().getByText("It may send web requests to collector.example:443.").waitFor();
      expect(await plugins()).toMatchObject([{ version: "1.0.0", waiting: { version: "1.1.0" } }]);
      expect(await accessibilityFaults(page)).toEqual([]);
      await entry().getByRole("button", { name: "Accept 1.1.0 of Weather" }).click();
      await dialog.getByText("Weather is 1.1.0 now.").waitFor();
      await entry().getByText("and geocoding-api.open-meteo.com", { exact: false }).waitFor();
      expect(await plugins()).toMatchObject([
        { version: "1.1.0", waiting: null, touches: [expect.stringContaining("collector.example")] },
      ]);
      await give(weather());
      await card().getByText("is not newer than 1.1.0", { exact: false }).waitFor();
      await card().getByRole("button", { name: "Put it away" }).click();
    });

    it("refuses a waiting update, stops, starts and removes; nothing of it stays", async () => {
      const more = [{ kind: "storage", bytes: 1024, why: "To keep." }];
      await give(weather({ ...WIDER, version: "1.2.0", permissions: [...WIDER.permissions, ...more] }));
      await card().getByRole("button", { name: "Put it beside the installed one" }).click();
      await entry().getByRole("button", { name: "Refuse 1.2.0 of Weather" }).click();
      await dialog.getByText("Weather stays as it is.").waitFor();
      await entry().getByRole("button", { name: "Stop Weather" }).click();
      await entry().getByText("stopped", { exact: true }).waitFor();
      expect(await plugins()).toMatchObject([{ version: "1.1.0", state: "stopped", waiting: null }]);
      await entry().getByRole("button", { name: "Start Weather" }).click();
      await entry().getByText("ready", { exact: true }).waitFor();
      await entry().getByRole("button", { name: "Remove Weather" }).click();
      await entry().getByRole("button", { name: "Remove it" }).click();
      await dialog.getByText("Weather is removed", { exact: false }).waitFor();
      expect(await plugins()).toEqual([]);
    });

    it("installs a skill as somebody else’s words, takes it from the agent, and lets the key go when nothing is by it", async () => {
      const skill = signedPackage({
        kind: "skill",
        manifest: aSkillManifest(),
        files: { "SKILL.md": "# Tidy notes\nOne thought a line." },
        key: signer,
      });
      await give(skill);
      await card().getByRole("button", { name: "Install" }).click();
      const entryOfSkill = dialog.locator("#skill-tidy-notes");
      await entryOfSkill.getByText("Somebody else’s words, read like a page").waitFor();
      expect(must(await gateway.client.call("skills.list", {}))).toMatchObject([
        { trusted: false, agents: [expect.any(String)] },
      ]);
      expect(await dialog.getByRole("button", { name: "Remove the key of Harbour Tools" }).count()).toBe(0);
      await entryOfSkill.getByRole("button", { name: "Which agents read tidy-notes" }).click();
      await entryOfSkill.getByRole("checkbox").first().uncheck();
      await entryOfSkill.getByRole("button", { name: "Save" }).click();
      await entryOfSkill.getByText("Read by none of your agents.", { exact: false }).waitFor();
      expect(must(await gateway.client.call("skills.list", {}))).toMatchObject([{ agents: [] }]);
      await entryOfSkill.getByRole("button", { name: "Remove the skill tidy-notes" }).click();
      await entryOfSkill.getByRole("button", { name: "Remove it" }).click();
      await dialog.getByRole("button", { name: "Remove the key of Harbour Tools" }).click();
      await dialog.getByRole("button", { name: "Remove it" }).click();
      await dialog.getByText("None. A package whose key is not here is refused.").waitFor();
      expect(must(await gateway.client.call("signers.list", {}))).toEqual([]);
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(conduct).toEqual([]);
    });
  },
);
