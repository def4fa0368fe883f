import type { Role, SigningKey } from "@moltbot/contracts";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import {
  EXAMPLES_KEY,
  FEEDS,
  ISSUES,
  mockPackage,
  OWN_KEY,
  STRANGE_KEY,
  WEATHER,
} from "../../packages/web/testing/mock-packages.ts";
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
});
