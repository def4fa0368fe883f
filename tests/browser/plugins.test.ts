import type { Role, SigningKey } from "@moltbot/contracts";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { FEEDS, ISSUES, WEATHER } from "../../packages/web/testing/mock-manifests.ts";
import { EXAMPLES_KEY, mockPackage, OWN_KEY, STRANGE_KEY } from "../../packages/web/testing/mock-packages.ts";
import { reasonToSkipBrowser, skipNote } from "./browser.ts";
import { expectClean, focused } from "./page-checks.ts";
import { picturesOf } from "./pictures.ts";
import { createStage } from "./stage.ts";
import { goTo, NARROW, WIDE, WIDTHS_AND_THEMES } from "./watched-page.ts";
import type { Viewport } from "./watched-page.ts";

const pictures = picturesOf(["plugins-1440-light", "plugins-card-390-dark"]);
const stage = createStage("plugins");

const enter = async (viewport: Viewport, theme?: "light" | "dark", role?: Role): Promise<[Page, Locator]> => {
  const { page } = await stage.enterHouse(viewport, pictures.scale, theme, role);
  return [page, await goTo(page, "Plugins and skills")];
};
const fileOf = (archive: string, name = "plugin.moltpackage") => ({
  name,
  mimeType: "application/octet-stream",
  buffer: Buffer.from(archive, "base64"),
});
const give = (dialog: Locator, archive: string): Promise<void> =>
  dialog.locator("input.choose-package").setInputFiles(fileOf(archive));
const signedFeeds = (key: SigningKey | null, good = true, name = "rss"): string =>
  mockPackage("plugin", { ...FEEDS, name }, key, good);

describe.skipIf(reasonToSkipBrowser !== null)(`the page about plugins and skills${skipNote}`, () => {
  stage.prepare();

  describe.each(WIDTHS_AND_THEMES)("at %s", (_width, viewport, theme, name) => {
    it("is accessible and fits: what is installed, what waits, a card, a key and a refusal", async () => {
      const [page, dialog] = await enter(viewport, theme);
      await expectClean(page, "plugins");
      await pictures.take(page, `plugins-${name}`);
      await dialog.getByText("Version 2.2.0 waits for you.").scrollIntoViewIfNeeded();
      for (const fold of await dialog.locator("plugin-list summary").all()) await fold.click();
      await expectClean(page, "plugins, all unfolded");
      await pictures.take(page, `plugins-more-${name}`);
      await dialog.getByText("Whose signatures are taken").scrollIntoViewIfNeeded();
      await pictures.take(page, `plugins-skills-${name}`);
      await dialog.getByRole("button", { name: "Remove Weather" }).click();
      await expectClean(page, "before one is removed");
      await give(dialog, signedFeeds(EXAMPLES_KEY));
      await dialog.getByRole("button", { name: "Install" }).waitFor();
      await expectClean(page, "a card");
      await pictures.take(page, `plugins-card-${name}`);
      await dialog.getByRole("button", { name: "Install" }).scrollIntoViewIfNeeded();
      await pictures.take(page, `plugins-card-end-${name}`);
      await give(dialog, signedFeeds(STRANGE_KEY));
      await dialog.getByText("Do you know this key?").scrollIntoViewIfNeeded();
      await expectClean(page, "a key that nobody knows");
      await pictures.take(page, `plugins-key-${name}`);
      await give(dialog, signedFeeds(EXAMPLES_KEY, false));
      await dialog.getByText("It is not installed.").waitFor();
      await expectClean(page, "a refusal");
      await pictures.take(page, `plugins-refused-${name}`);
      await give(dialog, mockPackage("plugin", { ...WEATHER, name: "wether" }, OWN_KEY));
      await dialog.getByText("letter by letter, and mean").scrollIntoViewIfNeeded();
      await expectClean(page, "a name that looks like another");
      await pictures.take(page, `plugins-alike-${name}`);
      await give(dialog, mockPackage("plugin", { ...ISSUES, version: "2.3.0" }, EXAMPLES_KEY));
      await dialog.getByRole("button", { name: "Put it beside the installed one" }).waitFor();
      await expectClean(page, "an update that widens");
      await pictures.take(page, `plugins-update-${name}`);
    }, 90_000);
  });

  it("is used without a mouse: a file, its key, a card, an update, and the way out", async () => {
    const [page, dialog] = await enter(WIDE);
    const chosen = page.waitForEvent("filechooser");
    await dialog.getByRole("button", { name: "Add from a file" }).press("Enter");
    await (await chosen).setFiles(fileOf(signedFeeds(STRANGE_KEY)));
    await dialog.getByText("Do you know this key?").waitFor();
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("package-card");
    const groups = await dialog.locator("trust-signer .signing-key span").allInnerTexts();
    expect([groups[0], groups.length, groups.join("")]).toEqual(["mk1_", 12, STRANGE_KEY]);
    await dialog.getByRole("textbox", { name: "Whose key it is" }).focus();
    await page.keyboard.type("Feed Works");
    await page.keyboard.press("Enter");
    const hosts = dialog.getByRole("textbox", { name: "Hosts that it may reach" });
    await hosts.focus();
    await page.keyboard.type("https://Blog.example.org/feed, news.example:8443");
    await page.keyboard.press("Enter");
    await dialog.getByText("Feeds is installed.").waitFor();
    await dialog.locator("#plugin-rss").getByText("blog.example.org and news.example:8443").waitFor();
    expect(await focused(page)).toBe("button.button add-package");

    await dialog.getByRole("button", { name: "Accept 2.2.0 of Issues" }).press("Enter");
    await dialog.getByText("Issues is 2.2.0 now.").waitFor();
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("plugin-issues");
    await dialog.getByRole("button", { name: "Which agents use Issues" }).press("Enter");
    expect(await focused(page)).toContain("input");
    await page.keyboard.press("Space");
    await expectClean(page, "which agents use a plugin");
    await page.keyboard.press("Enter");
    await dialog.getByText("Issues is given to none of your agents.").waitFor();
    await dialog.locator("#plugin-issues").getByText("Used by none of your agents.", { exact: false }).waitFor();
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("plugin-issues");
    await dialog.getByRole("button", { name: "Stop Issues" }).press("Enter");
    await dialog.getByText("Issues is stopped. Nothing of it runs.").waitFor();
    await dialog.getByRole("button", { name: "Remove Issues" }).press("Enter");
    await dialog.getByRole("group", { name: "Remove Issues?" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await dialog.getByText("Issues is removed, with 1 permission and 3 things that it kept.").waitFor();
    expect(await dialog.locator("#plugin-issues").count()).toBe(0);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
  }, 30_000);

  it("asks for a second look at a name that is written almost like another’s", async () => {
    const [, dialog] = await enter(WIDE);
    await give(dialog, mockPackage("plugin", { ...WEATHER, name: "wether", title: "Wether" }, OWN_KEY));
    await dialog.getByRole("button", { name: "Install" }).click();
    expect(await dialog.locator("#plugin-wether").count()).toBe(0);
    await dialog.getByRole("checkbox", { name: /letter by letter/ }).check();
    await dialog.getByRole("button", { name: "Install" }).click();
    await dialog.getByText("Wether is installed.").waitFor();
    await dialog.locator("#plugin-wether").waitFor();
  }, 30_000);

  it("says that a plugin without a host reaches nothing, and ends saying so once one is named", async () => {
    const [page, dialog] = await enter(NARROW);
    await give(dialog, signedFeeds(EXAMPLES_KEY));
    await dialog.getByRole("textbox", { name: "Hosts that it may reach: without one it reaches nothing" }).waitFor();
    await dialog.getByRole("button", { name: "Install" }).click();
    const says = dialog
      .locator("#plugin-rss")
      .getByText("No host is named yet, so it reaches nothing.", { exact: false });
    await says.waitFor();
    await expectClean(page, "a plugin without a host");
    await dialog.getByRole("button", { name: "Choose hosts and secrets of Feeds" }).click();
    await dialog.getByRole("textbox", { name: "Hosts that it may reach" }).fill("blog.example.org");
    await page.keyboard.press("Enter");
    await says.waitFor({ state: "detached" });
  }, 30_000);

  it("gives a name to one key, and a key another name only when that is said twice", async () => {
    const [page, dialog] = await enter(WIDE);
    const trust = async (name: string): Promise<void> => {
      await dialog.getByRole("textbox", { name: "Whose key it is" }).fill(name);
      await page.keyboard.press("Enter");
    };
    await dialog.getByRole("button", { name: "Trust a key" }).click();
    await dialog.getByRole("textbox", { name: "Their key" }).fill(EXAMPLES_KEY);
    await trust("you");
    await dialog.getByText(`The name you is another key's: ${OWN_KEY}.`, { exact: false }).waitFor();
    await trust("Harbour Works");
    await dialog.getByText("This key is trusted already, as Harbour Tools.", { exact: false }).waitFor();
    await expectClean(page, "a key that has a name");
    await dialog.getByRole("button", { name: "Give it this name" }).click();
    await dialog.getByText("The key that was Harbour Tools until now is Harbour Works.").waitFor();
    await dialog.locator("#plugin-issues").getByText("Signed by Harbour Works.").waitFor();
  }, 30_000);

  it("takes a file that is dropped anywhere on it, and says why one is none", async () => {
    const [page, dialog] = await enter(WIDE, "dark");
    const drop = (bytes: number, text: string): Promise<unknown> =>
      page.evaluate(`(() => {
        const carried = new DataTransfer();
        carried.items.add(new File([${JSON.stringify(text)}.padEnd(${bytes}, "x")], "note.txt"));
        for (const name of ["dragover", "drop"])
          document.querySelector("#plugins-title").dispatchEvent(
            new DragEvent(name, { dataTransfer: carried, bubbles: true, cancelable: true }),
          );
      })()`);
    await drop(20, "hello");
    await dialog.getByRole("alert").getByText("This is no package that can be read", { exact: false }).waitFor();
    expect(await dialog.locator(".drop-zone.over").count()).toBe(0);
    await expectClean(page, "what is no package");
    await drop(3_000_000, "");
    await dialog.getByRole("alert").getByText("“note.txt” has 2.9 MB; no package has more than 2 MB.").waitFor();
    expect(await dialog.getByRole("alert").count()).toBe(1);
  }, 30_000);

  it("looks at files for a member and installs nothing; a viewer reads", async () => {
    const [page, dialog] = await enter(NARROW, "light", "member");
    const ways = /^(Stop|Start|Remove|Accept|Refuse|Trust|Choose)/;
    expect(await dialog.getByRole("button", { name: ways }).count()).toBe(0);
    await dialog.getByText("The owner accepts or refuses it; until then 2.1.0 goes on.").waitFor();
    await give(dialog, signedFeeds(EXAMPLES_KEY));
    await dialog.getByText("Only the owner installs it.").waitFor();
    expect(await dialog.getByRole("button", { name: /^(Install|Update)/ }).count()).toBe(0);
    await expectClean(page, "for a member");
    await stage.clear();
    const [viewers, theirs] = await enter(NARROW, "dark", "viewer");
    expect(await theirs.getByRole("button", { name: /^(Add|Which agents)/ }).count()).toBe(0);
    expect(await theirs.getByRole("heading", { name: "Whose signatures are taken" }).count()).toBe(0);
    await theirs.getByText("Sends web requests (GET) to api.open-meteo.com").waitFor();
    await expectClean(viewers, "for a viewer");
  }, 30_000);

  it("shows at once what changed elsewhere, and keeps a card that is looked at", async () => {
    const [page, dialog] = await enter(WIDE);
    await give(dialog, signedFeeds(EXAMPLES_KEY));
    await dialog.getByRole("button", { name: "Install" }).waitFor();
    await page.evaluate('fetch("/v2/plugins/weather", { method: "DELETE" })');
    await dialog.locator("#plugin-weather").waitFor({ state: "detached" });
    expect(await dialog.getByRole("button", { name: "Install" }).count()).toBe(1);
  }, 30_000);
});
